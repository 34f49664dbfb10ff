"""Rows of the days of which the station itself says whether they are holidays, and who asks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import String, cast, delete, func, select

from callflow.core.time.holidays import NO_DAYS, OwnDay, OwnDays, Place, followed
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, columns_of, first, found

_D = t.own_day.c
_WORDS = select(_D.country, _D.region, _D.day, _D.holiday)
_ALL = select(t.own_day).order_by(_D.day, _D.country, _D.region)


def own_days(tx: Tx) -> OwnDays:
    """What the station says of days."""
    words = tx.execute(_WORDS)
    return {(Place(row.country, row.region or None), row.day): row.holiday for row in words}


def for_calendars(tx: Tx, calendars: Iterable[Any]) -> OwnDays:
    """The same, where one of these calendars, as stored, asks for holidays at all."""
    asked = any(isinstance(body, dict) and body.get("holidays") for body in calendars)
    return own_days(tx) if asked else NO_DAYS


def for_rules(tx: Tx, rules: Any) -> OwnDays:
    """The same for a site's rules of plans, as stored."""
    listed = rules if isinstance(rules, list) else []
    return for_calendars(tx, [rule.get("when") for rule in listed if isinstance(rule, dict)])


def rows(tx: Tx, place: Place, start: date, end: date) -> list[OwnDay]:
    """What is said of a place's days from ``start`` until before ``end``, its country's too."""
    regions = {"", place.region or ""}
    query = _ALL.where(_D.country == place.country, _D.region.in_(regions))
    return found(tx, query.where(_D.day >= start, _D.day < end), OwnDay)


def every(tx: Tx) -> list[OwnDay]:
    """All that the station says of days, by day."""
    return found(tx, _ALL, OwnDay)


def get(tx: Tx, day_id: str) -> OwnDay | None:
    """One of them."""
    return first(tx, select(t.own_day).where(_D.id == day_id), OwnDay)


def write(tx: Tx, days: Sequence[OwnDay]) -> None:
    """These, in place of what was said of the same days of the same place."""
    for each in days:
        place = (_D.country == each.country, _D.region == each.region)
        tx.execute(delete(t.own_day).where(*place, _D.day == each.day))
    tx.execute(t.own_day.insert(), list(map(columns, days)))


def forget(tx: Tx, day_id: str) -> None:
    """Nothing is said of it any more."""
    tx.execute(delete(t.own_day).where(_D.id == day_id))


# --- who asks -----------------------------------------------------------------------------

#: What has a calendar of its own, by what it is.
_CALENDARS = {
    "sites": t.site.c.schedule,
    "people": t.contact.c.availability,
    "services": t.service_line.c.hours,
}
_RULES = cast(t.site.c.plan_rules, String)


def followers(tx: Tx) -> dict[Place, dict[str, int]]:
    """How many of each follow which place's holidays; ``rules`` are sites' rules of plans."""
    found: dict[Place, dict[str, int]] = {}

    def count(place: Place, what: str, number: int) -> None:
        of = found.setdefault(place, {})
        of[what] = of.get(what, 0) + number

    for what, column in _CALENDARS.items():
        said = column["holidays"]
        each = select(said["country"].as_string().label("c"), said["region"].as_string().label("r"))
        named = each.where(said["country"].as_string().is_not(None)).subquery()
        query = select(named.c.c, named.c.r, func.count()).group_by(named.c.c, named.c.r)
        for country, region, number in tx.execute(query):
            said_there = {"holidays": {"country": country, "region": region}}
            for place in followed([said_there]):
                count(place, what, number)
    for (text,) in tx.execute(select(_RULES).where(_RULES.like('%"holidays"%'))):
        for place in followed([rule.get("when") for rule in json.loads(text)]):
            count(place, "rules", 1)
    return found


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A site's schedule, and when its arming is looked at next."""

    id: str
    timezone: str
    schedule: Mapping[str, Any]
    schedule_due: datetime | None


_SCHEDULED = select(*columns_of(t.site, Scheduled)).where(
    t.site.c.schedule["holidays"]["country"].as_string().is_not(None)
)


def scheduled(tx: Tx, since: datetime) -> list[Scheduled]:
    """Sites whose schedule asks for holidays, and whose arming is looked at after ``since`` or
    never."""
    due = t.site.c.schedule_due
    return found(tx, _SCHEDULED.where(due.is_(None) | (due >= since)), Scheduled)
