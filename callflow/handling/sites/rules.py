"""What is agreed for a site beyond who it is: how its panels are watched, its hours, its rules."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.signals import events
from callflow.core.signals.events import Override, SiteOverride
from callflow.core.signals.signal import PERSONAL, Category
from callflow.core.sites import arming, declared
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.schedule import Schedule
from callflow.core.time.holidays import OwnDays
from callflow.core.time.hours import CalendarError
from callflow.core.watch import supervision
from callflow.handling.base.fields import BadField
from callflow.handling.base.storing import store_signals
from callflow.handling.sites.shape import Account, EventOverride, PanelUser, Partition
from callflow.storage import Tx
from callflow.storage.alarms import surroundings
from callflow.storage.engine.values import grouped
from callflow.storage.watch import supervision as rows

#: {column: what is written there}, some of a table's.
Columns = dict[str, object]

NO_PLAN = "there is no such plan: publish it first"


# --- how a panel is watched ---------------------------------------------------------------


def account_values(
    old: declared.Account | None, sent: Account, *, lift: bool, now: datetime
) -> Columns:
    """The columns of one account that say how it is watched. ``old``: as it was, where it was.

    A lift is tested at least every three days, whatever else is said (D8).
    """
    poll, test = sent.poll_every_s, sent.test_every_h
    if lift:
        test = min(test or supervision.LIFT_TEST_EVERY, supervision.LIFT_TEST_EVERY)
    values: Columns = {"line": sent.line, "poll_every": poll, "test_every": test}
    if poll != (old.poll_every if old else None):
        values["poll_since"] = None if poll is None else now
    if test != (old.test_every if old else None):
        values["test_due"] = None if test is None else supervision.next_test(now, test)
        values["untested"] = bool(old and old.untested) and test is not None
    return values


def no_longer_tested(tx: Tx, old: declared.Account | None, now: datetime) -> None:
    """A test that is missing is no longer expected: its incident is at its end too."""
    if old is not None and old.untested and old.test_due is not None:
        store_signals(tx, [supervision.tested_again(old.account, old.test_due, now)])


def shown_arming(tx: Tx, site_ids: Iterable[str]) -> dict[str, list[Partition]]:
    """{account: its partitions, armed or not, as far as its panel told}."""
    found: dict[str, list[Partition]] = {}
    for here in rows.arming(tx, set(site_ids)).values():
        for one in here.partitions:
            found.setdefault(one.account, []).append(Partition.of(one, user=one.panel_user))
    return found


def shown_account(kept: declared.Account, partitions: list[Partition]) -> Account:
    """An account, and what is known of it."""
    how = {"poll_every_s": kept.poll_every, "test_every_h": kept.test_every}
    return Account.of(kept, **how, partitions=partitions)


# --- its hours, and the rules for its signals ---------------------------------------------


def site_values(
    old: DeclaredSite | None,
    sent: Mapping[str, Any] | None,
    timezone: str,
    now: datetime,
    own: OwnDays,
) -> Columns:
    """The columns of a site's schedule, and of when it is looked at; ``own``: what the station says
    of days. Raises BadField."""
    try:
        schedule = None if sent is None else Schedule.from_json(sent, own)
    except CalendarError as error:
        raise BadField(error.field, error.said, error.about) from None
    kept = schedule.to_json() if schedule else None
    values: Columns = {"schedule": kept}
    same = old is not None and (old.schedule, old.timezone) == (kept, timezone)
    if not same or old is None or old.schedule_due is None:
        zone = ZoneInfo(timezone)
        values["schedule_due"] = schedule.next_closing(now, zone) if schedule else None
    return values


def shown_users(tx: Tx, accounts: Iterable[str]) -> dict[str, list[PanelUser]]:
    """{account: its panel users}."""
    kept = rows.panel_users(tx, accounts)
    return grouped([PanelUser.of(u, contact=u.contact_id) for u in kept], lambda u: u.account)


# --- what a code means there --------------------------------------------------------------


def write_overrides(tx: Tx, site_id: str, sent: Sequence[EventOverride]) -> None:
    """What an administrator says instead of the event table; what is there may stay. Raises
    BadField."""
    before = surroundings.overrides(tx, [site_id]).values()
    after = [SiteOverride(**dict(said), site_id=site_id) for said in sent]
    for place, said in enumerate(after):
        if said not in before:
            never_lowered(said, f"event_overrides.{place}.code")
    rows.replace_overrides(tx, site_id, after)


def never_lowered(rule: Override, field: str) -> None:
    """No instruction makes a personal alarm less than it is (D19). Raises BadField."""
    meaning = events.lookup("webhook", rule.code)
    if meaning.kind not in PERSONAL:
        return
    lowered = (
        rule.opens is False
        or rule.kind not in (None, *PERSONAL)
        or rule.category not in (None, Category.VITAL)
        or (rule.priority or meaning.priority) > meaning.priority
    )
    if lowered:
        raise BadField(field, "this code is a personal alarm, which nothing lowers")


# --- who the panel's users are (D4) -------------------------------------------------------


def write_panel_users(tx: Tx, accounts: Sequence[str], sent: Sequence[PanelUser]) -> None:
    """Whom each user number stands for."""
    users = [arming.PanelUser(u.account, u.number, u.contact, u.part, u.revoked) for u in sent]
    rows.replace_panel_users(tx, accounts, users)
