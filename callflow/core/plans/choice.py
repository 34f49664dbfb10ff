"""Which plan an alarm gets: by a provisional instruction, by the site's rules, or as usual.

Pure. A site's rules are looked at in their order, and the first that fits counts. As JSON::

    [{"plan": "night", "kinds": ["intrusion"], "armed": true,
      "zones": [{"account": "1002", "zone": "3"}],
      "when": {"week": {"mon": ["20:00-06:00"]}, "holidays": {"country": "FR"}}},
     {"plan": "faults", "categories": ["technical"]}]

What is left out fits anything, but for this: a personal alarm and a bank's opening are only meant
by a rule that names their kind (D7, D18), and a rule that names neither kinds nor categories means
security alarms (D9).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from callflow.core.plans import standard
from callflow.core.signals import events
from callflow.core.signals.signal import PERSONAL, Category, Kind
from callflow.core.sites.instructions import Instruction, plan_meanwhile
from callflow.core.sites.zones import zone_key
from callflow.core.time.availability import ALWAYS, Availability, available
from callflow.core.time.holidays import NO_DAYS, OwnDays
from callflow.core.time.hours import CalendarError, only

#: Rules of one site; kinds, or zones, of one rule.
MOST, _MOST_NAMED = 100, 500
_Member = TypeVar("_Member", bound=StrEnum)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """What a plan is chosen by. ``at`` (UTC) is when it was raised; ``zone`` as it was sent."""

    kind: Kind
    category: Category
    account: str
    zone: str
    armed: bool  # whether any of the account's partitions is; where nothing is known it may be
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRule:
    """``plan`` is followed for the alarms that fit the rest."""

    plan: str
    kinds: frozenset[Kind] = frozenset()
    categories: frozenset[Category] = frozenset()
    zones: frozenset[tuple[str, str]] = frozenset()  # (account, zone's key)
    armed: bool | None = None
    when: Availability = ALWAYS

    def fits(self, alarm: Alarm, zone: ZoneInfo) -> bool:
        """True where it is for ``alarm``; ``zone`` is the site's."""
        return (
            self.means(alarm.kind, alarm.category)
            and (not self.zones or (alarm.account, zone_key(alarm.zone)) in self.zones)
            and self.armed in (None, alarm.armed)
            and available(self.when, alarm.at, zone)
        )

    def means(self, kind: Kind, category: Category) -> bool:
        """True where it is for alarms of this kind and category, zones and hours aside."""
        if kind in self.kinds:
            return True
        if kind in PERSONAL or kind is Kind.BANK_OPENING:
            return False
        if category in self.categories:
            return True
        named = bool(self.kinds or self.categories)
        return not named and standard.is_usual(kind, category)


def plan_id(
    site_plans: Mapping[str, str],
    rules: Sequence[PlanRule],
    instructions: Iterable[Instruction],
    alarm: Alarm,
    zone: ZoneInfo,
    now: datetime,
) -> str:
    """The plan that ``alarm`` gets: an instruction's, else that of the first rule that fits, else
    the one that ``site_plans`` or the station has for its kind. ``zone`` is the site's."""
    meanwhile = plan_meanwhile(instructions, alarm.kind, now)
    if meanwhile is not None:
        return meanwhile
    for rule in rules:
        if rule.fits(alarm, zone):
            return rule.plan
    return standard.plan_id(site_plans, alarm.kind, alarm.category)


def serves(
    site_plans: Mapping[str, str],
    rules: Sequence[PlanRule],
    plan: str,
    agreed: Iterable[Kind] = (),
) -> frozenset[tuple[Kind, Category]]:
    """Which alarms may get the plan of this id at a site; ``agreed`` are the kinds for which a
    provisional instruction names it."""
    meanwhile = frozenset(agreed)
    return frozenset(
        (kind, category)
        for kind, category in _opening()
        if kind in meanwhile
        or standard.plan_id(site_plans, kind, category) == plan
        or any(rule.plan == plan and rule.means(kind, category) for rule in rules)
    )


def followed(site_plans: Mapping[str, str], rules: Sequence[PlanRule]) -> frozenset[str]:
    """The ids of the plans that a site's alarms may get, provisional instructions aside."""
    usual = {standard.plan_id(site_plans, *alarm) for alarm in _opening()}
    ruled = {rule.plan for rule in rules if any(rule.means(*alarm) for alarm in _opening())}
    return frozenset(usual | ruled)


@cache
def _opening() -> frozenset[tuple[Kind, Category]]:
    """What the table of events says can open an incident."""
    said = {(event.kind, event.category) for event in events.table().values() if event.opens}
    return frozenset(said | {(Kind.LIFT, Category.VITAL)})  # a lift is declared by its zone


# --- reading ------------------------------------------------------------------------------

_KEYS = frozenset("plan kinds categories zones armed when".split())


def rules_from_json(
    body: Any, name: str = "plan_rules", own: OwnDays = NO_DAYS
) -> tuple[PlanRule, ...]:
    """The rules that ``body`` describes, with what the station says of days. Raises CalendarError,
    naming the field."""
    rules = _list(body, name, MOST)
    return tuple(_rule(each, f"{name}.{place}", own) for place, each in enumerate(rules))


def _rule(body: Any, name: str, own: OwnDays) -> PlanRule:
    only(body, name, _KEYS)
    plan, armed = body.get("plan"), body.get("armed")
    if not isinstance(plan, str) or not 0 < len(plan) <= 64:
        raise CalendarError(f"{name}.plan", "must be a plan's id")
    if armed is not None and not isinstance(armed, bool):
        raise CalendarError(f"{name}.armed", "must be true, false or null")
    when = body.get("when")
    if when is not None:
        only(when, f"{name}.when", frozenset({"week", "holidays", "duties", "leaves"}))
    return PlanRule(
        plan=plan,
        kinds=_members(body.get("kinds"), f"{name}.kinds", Kind),
        categories=_members(body.get("categories"), f"{name}.categories", Category),
        zones=_zones(body.get("zones"), f"{name}.zones"),
        armed=armed,
        when=ALWAYS if when is None else Availability.from_json(when, f"{name}.when", own),
    )


def _list(body: Any, name: str, most: int) -> list[Any]:
    if body is None:
        return []
    if not isinstance(body, list) or len(body) > most:
        raise CalendarError(name, f"must be a list of {most} at most")
    return body


def _members(body: Any, name: str, of: type[_Member]) -> frozenset[_Member]:
    found = set()
    for place, each in enumerate(_list(body, name, _MOST_NAMED)):
        try:
            found.add(of(each))
        except ValueError:
            raise CalendarError(f"{name}.{place}", f"must be one of {', '.join(of)}") from None
    return frozenset(found)


def _zones(body: Any, name: str) -> frozenset[tuple[str, str]]:
    found = set()
    for place, each in enumerate(_list(body, name, _MOST_NAMED)):
        only(each, f"{name}.{place}", frozenset({"account", "zone"}))
        account, zone = each.get("account"), each.get("zone")
        if not isinstance(account, str) or not isinstance(zone, str):
            raise CalendarError(f"{name}.{place}", "must have an account and a zone")
        found.add((account, zone_key(zone)))
    return frozenset(found)


def rules_to_json(rules: Iterable[PlanRule]) -> list[dict[str, Any]]:
    """As ``rules_from_json`` takes them."""
    return [_rule_to_json(rule) for rule in rules]


def _rule_to_json(rule: PlanRule) -> dict[str, Any]:
    body: dict[str, Any] = {"plan": rule.plan}
    if rule.kinds:
        body["kinds"] = sorted(rule.kinds)
    if rule.categories:
        body["categories"] = sorted(rule.categories)
    if rule.zones:
        body["zones"] = [{"account": a, "zone": z} for a, z in sorted(rule.zones)]
    if rule.armed is not None:
        body["armed"] = rule.armed
    if rule.when != ALWAYS:
        body["when"] = rule.when.to_json()
    return body
