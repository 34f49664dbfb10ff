"""What is agreed for a site beyond who it is: how its panels are watched, its hours, its rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.alarms.correlation import zone_key
from callflow.core.signals import events
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.sites.schedule import Schedule
from callflow.core.sites.site import Rules
from callflow.core.time.holidays import NO_DAYS, OwnDays
from callflow.core.time.hours import CalendarError
from callflow.core.time.instants import to_iso
from callflow.core.watch import supervision
from callflow.handling.base.storing import store_signals
from callflow.storage import Tx
from callflow.storage.watch import supervision as rows

Row = dict[str, Any]

_SHORTEST_POLL, _LONGEST_POLL = 5.0, 7 * 86400.0  # seconds
_LONGEST_TEST = 31 * 24.0  # hours
_TEXT = 16  # characters that codes, zones and users have room for


NO_PLAN = "there is no such plan: publish it first"


class BadSite(ValueError):
    """A field is wrong: ``field`` says which, the message what to do.

    ``message`` is a sentence that pages say in their own language, ``about`` what it names.
    """

    def __init__(self, field: str, message: str, about: str = "") -> None:
        self.field, self.message, self.about = field, message, about
        super().__init__(f"{field}: {self.said}")

    @property
    def said(self) -> str:
        """The sentence, and what it names."""
        return f"{self.message}: {self.about}" if self.about else self.message


def required(body: Row, name: str, field: str) -> str:
    """A text that must be there. Raises BadSite."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadSite(field, "is missing")
    return value


# --- how a panel is watched ---------------------------------------------------------------


def account_values(old: Row | None, account: Row, field: str, *, lift: bool, now: datetime) -> Row:
    """The columns of one account that say how it is watched. ``old``: its row, where it has one.

    A lift is tested at least every three days, whatever else is said (D8).
    """
    poll = _number(
        account.get("poll_every_s"), f"{field}.poll_every_s", _SHORTEST_POLL, _LONGEST_POLL
    )
    test = _number(account.get("test_every_h"), f"{field}.test_every_h", 0.001, _LONGEST_TEST)
    if lift:
        test = min(test or supervision.LIFT_TEST_EVERY, supervision.LIFT_TEST_EVERY)
    line = account.get("line")
    values: Row = {
        "line": _text(line, f"{field}.line", longest=32) if line else None,
        "poll_every": poll,
        "test_every": test,
    }
    before = old or {"poll_every": None, "test_every": None}
    if poll != before["poll_every"]:
        values["poll_since"] = None if poll is None else now
    if test != before["test_every"]:
        values["test_due"] = None if test is None else supervision.next_test(now, test)
        values["untested"] = bool(old and old["untested"]) and test is not None
    return values


def no_longer_tested(tx: Tx, old: Row | None, values: Row, now: datetime) -> None:
    """A test that is missing is no longer expected: its incident is at its end too."""
    if old is not None and old["untested"] and values["test_every"] is None:
        store_signals(tx, [supervision.tested_again(old, now)])


def shown_arming(tx: Tx, site_ids: Iterable[str]) -> dict[str, list[Row]]:
    """{account: its partitions, armed or not, as far as its panel told}."""
    found: dict[str, list[Row]] = {}
    for row in chain.from_iterable(rows.partitions(tx, site_ids).values()):
        if row["partition"] is not None:
            shown = {
                "partition": row["partition"],
                "armed": row["armed"],
                "since": to_iso(row["since"]),
                "user": row["panel_user"],
            }
            found.setdefault(row["account"], []).append(shown)
    return found


def shown_account(row: Row) -> Row:
    """An account as PUT takes it, and what is known of it; whether it has a key, not which."""
    return {
        "account": row["account"],
        "dc09_key_set": row["dc09_key"] is not None,
        "line": row["line"],
        "phone": row["phone"],
        "poll_every_s": row["poll_every"],
        "test_every_h": row["test_every"],
        "last_heard": to_iso(row["last_heard"]) if row["last_heard"] else None,
        "skew": row["skew"],
        "silent": row["silent"],
        "untested": row["untested"],
    }


# --- its hours, and the rules for its signals ---------------------------------------------


def site_values(
    old: Row | None, body: Row, timezone: str, now: datetime, own: OwnDays = NO_DAYS
) -> Row:
    """The columns of the site: its schedule, when it is looked at, its rules; ``own``: what the
    station says of days."""
    sent = body.get("schedule")
    schedule = None if sent is None else _schedule(sent, own)
    kept = schedule.to_json() if schedule else None
    values: Row = {"schedule": kept, "rules": _rules(body.get("rules") or {})}
    same = old is not None and old["schedule"] == kept and old["timezone"] == timezone
    if not same or old is None or old["schedule_due"] is None:
        zone = ZoneInfo(timezone)
        values["schedule_due"] = schedule.next_closing(now, zone) if schedule else None
    return values


def _schedule(sent: Any, own: OwnDays) -> Schedule:
    try:
        return Schedule.from_json(sent, own)
    except CalendarError as error:
        raise BadSite(error.field, error.said, error.about) from None


def _rules(sent: Any) -> Row:
    known = {field.name for field in fields(Rules)}
    for name in sent if isinstance(sent, dict) else ("",):
        if name not in known:
            raise BadSite(f"rules.{name}".rstrip("."), f"must be of {', '.join(sorted(known))}")
    defaults = asdict(Rules())
    within = sent.get("cancel_within", defaults["cancel_within"])
    after = sent.get("swinger_after", defaults["swinger_after"])
    shunt = sent.get("swinger_shunt", defaults["swinger_shunt"])
    if not isinstance(shunt, bool):
        raise BadSite("rules.swinger_shunt", "must be true or false")
    if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after <= 1000:
        raise BadSite("rules.swinger_after", "must be a number of alarms, 0 to 1000")
    return {
        "cancel_within": _number(within, "rules.cancel_within", 0, 3600) or 0.0,
        "swinger_after": after,
        "swinger_shunt": shunt,
        **{name: _network(sent, name) for name in ("feeder", "provider")},
    }


def _network(sent: Row, name: str) -> str:
    """A name that the sites of one network have in common."""
    text = sent.get(name, "")
    if not isinstance(text, str) or len(text) > 64 or (text and not text.isprintable()):
        raise BadSite(f"rules.{name}", "must be a name of 64 characters at most")
    return text.strip()


def shown_site(row: Row, overrides: Iterable[Row]) -> Row:
    """A site's hours and rules, and what codes mean there, as PUT takes them."""
    return {
        "schedule": row["schedule"],
        "rules": {**asdict(Rules()), **(row["rules"] or {})},
        "event_overrides": [_columns(override) for override in overrides],
    }


def shown_users(tx: Tx, accounts: Iterable[str]) -> dict[str, list[Row]]:
    """{account: its panel users, as PUT takes them}."""
    found: dict[str, list[Row]] = {}
    for user in rows.panel_users(tx, accounts):
        shown = {
            "account": user["account"],
            "number": user["number"],
            "contact": user["contact_id"],
            "part": user["part"],
            "revoked": user["revoked"],
        }
        found.setdefault(user["account"], []).append(shown)
    return found


# --- what a code means there --------------------------------------------------------------

_OVERRIDE = ("code", "zone", "kind", "category", "priority", "opens")


def _columns(row: Row) -> Row:
    return {name: row[name] for name in _OVERRIDE}


def write_overrides(tx: Tx, site_id: str, sent: Sequence[Row]) -> None:
    """What an administrator says instead of the event table; what is there may stay. Raises
    BadSite."""
    there = rows.overrides(tx, [site_id]).get(site_id, [])
    before = [{"site_id": site_id, **_columns(row)} for row in there]
    kept: dict[tuple[str, str], Row] = {}
    for place, override in enumerate(sent):
        field = f"event_overrides.{place}"
        row = {"site_id": site_id, **_override(override, field)}
        if row not in before:
            _never_lowered(row, field)
        if kept.setdefault((row["code"], row["zone"]), row) is not row:
            raise BadSite(field, "is there twice")
    rows.replace_overrides(tx, site_id, list(kept.values()))


def override_of(sent: Row) -> Row:
    """What an administrator says of one code, checked. Raises BadSite."""
    rule = _override(sent, "event")
    _never_lowered(rule, "event")
    return rule


def _override(sent: Row, field: str) -> Row:
    zone = _text(sent.get("zone") or "", f"{field}.zone")
    if zone and not zone_key(zone):
        raise BadSite(f"{field}.zone", "zone 0 is no zone: leave it empty for any")
    kind, category, priority = sent.get("kind"), sent.get("category"), sent.get("priority")
    row = {
        "code": _text(sent.get("code"), f"{field}.code"),
        "zone": zone_key(zone),
        "kind": kind and one_of(Kind, kind, f"{field}.kind"),
        "category": category and one_of(Category, category, f"{field}.category"),
        "priority": priority,
        "opens": sent.get("opens"),
    }
    if not row["code"]:
        raise BadSite(f"{field}.code", "is missing")
    if priority is not None and priority not in (1, 2, 3, 4):
        raise BadSite(f"{field}.priority", "must be 1 (first) to 4")
    if row["opens"] not in (None, True, False):
        raise BadSite(f"{field}.opens", "must be true or false")
    return row


def _never_lowered(row: Row, field: str) -> None:
    """No instruction makes a personal alarm less than it is (D19)."""
    meaning = events.lookup("webhook", row["code"])
    if meaning.kind not in PERSONAL:
        return
    lowered = (
        row["opens"] is False
        or row["kind"] not in (None, *PERSONAL)
        or row["category"] not in (None, Category.VITAL)
        or (row["priority"] or meaning.priority) > meaning.priority
    )
    if lowered:
        raise BadSite(f"{field}.code", "this code is a personal alarm, which nothing lowers")


def one_of(choices: type[StrEnum], value: Any, field: str) -> str:
    """``value`` as a member of ``choices``. Raises BadSite."""
    try:
        return choices(value).value
    except ValueError:
        raise BadSite(field, f"must be one of {', '.join(choices)}") from None


# --- who the panel's users are (D4) -------------------------------------------------------


def write_panel_users(
    tx: Tx, accounts: Sequence[str], contacts: Iterable[str], sent: Sequence[Row]
) -> None:
    """Whom each user number stands for. Raises BadSite."""
    known = set(contacts)
    kept: dict[tuple[str, str], Row] = {}
    for place, user in enumerate(sent):
        field = f"panel_users.{place}"
        row = _panel_user(user, field)
        if row["account"] not in accounts:
            raise BadSite(f"{field}.account", "is no account of this site")
        if row["contact_id"] is not None and row["contact_id"] not in known:
            raise BadSite(f"{field}.contact", "is no contact of this site")
        key = row["account"], supervision.user_key(row["number"])
        if kept.setdefault(key, row) is not row:
            raise BadSite(f"{field}.number", "is there twice (05 and 5 are one user)")
    rows.replace_panel_users(tx, accounts, list(kept.values()))


def _panel_user(sent: Row, field: str) -> Row:
    number = _text(sent.get("number"), f"{field}.number")
    part = sent.get("part", "person")
    if not number:
        raise BadSite(f"{field}.number", "is missing")
    if part not in supervision.PARTS:
        raise BadSite(f"{field}.part", f"must be one of {', '.join(supervision.PARTS)}")
    return {
        "account": sent.get("account"),
        "number": number,
        "contact_id": sent.get("contact"),
        "part": part,
        "revoked": bool(sent.get("revoked", False)),
    }


def _text(value: Any, field: str, *, longest: int = _TEXT) -> str:
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise BadSite(field, f"must be a text of at most {longest} characters")
    return value


def _number(value: Any, field: str, least: float, most: float) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= most:
        raise BadSite(field, f"must lie between {least:g} and {most:g}")
    return float(value)
