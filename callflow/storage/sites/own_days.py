"""Rows of the days of which the station itself says whether they are holidays, and who asks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import String, cast, delete, func, select

from callflow.core.time.holidays import NO_DAYS, OwnDay, OwnDays, Place, followed
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx

_D = t.own_day.c
_WORDS = select(_D.country, _D.region, _D.day, _D.holiday)
_ALL = select(t.own_day).order_by(_D.day, _D.country, _D.region)


def own_days(tx: Tx) -> OwnDays:
    """What the station says of days."""
    return {(_place(row), row.day): row.holiday for row in tx.execute(_WORDS)}


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
    return [_day(row) for row in tx.execute(query.where(_D.day >= start, _D.day < end))]


def every(tx: Tx) -> list[OwnDay]:
    """All that the station says of days, by day."""
    return [_day(row) for row in tx.execute(_ALL)]


def get(tx: Tx, day_id: str) -> OwnDay | None:
    """One of them."""
    row = tx.execute(select(t.own_day).where(_D.id == day_id)).first()
    return _day(row) if row else None


def write(tx: Tx, days: Sequence[OwnDay]) -> None:
    """These, in place of what was said of the same days of the same place."""
    for each in days:
        place = (_D.country == each.place.country, _D.region == (each.place.region or ""))
        tx.execute(delete(t.own_day).where(*place, _D.day == each.day))
    tx.execute(t.own_day.insert(), [_row(each) for each in days])


def forget(tx: Tx, day_id: str) -> None:
    """Nothing is said of it any more."""
    tx.execute(delete(t.own_day).where(_D.id == day_id))


def _place(row: Any) -> Place:
    return Place(row.country, row.region or None)


def _day(row: Any) -> OwnDay:
    return OwnDay(
        id=row.id,
        place=_place(row),
        day=row.day,
        holiday=row.holiday,
        reason=row.reason,
        set_by=row.set_by,
        set_at=row.set_at,
    )


def _row(day: OwnDay) -> dict[str, Any]:
    return {
        "id": day.id,
        "country": day.place.country,
        "region": day.place.region or "",
        "day": day.day,
        "holiday": day.holiday,
        "reason": day.reason,
        "set_by": day.set_by,
        "set_at": day.set_at,
    }


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


_SCHEDULED = select(t.site.c.id, t.site.c.timezone, t.site.c.schedule, t.site.c.schedule_due).where(
    t.site.c.schedule["holidays"]["country"].as_string().is_not(None)
)


def scheduled(tx: Tx, since: datetime) -> list[dict[str, Any]]:
    """Sites whose schedule asks for holidays, and whose arming is looked at after ``since`` or
    never: ``id``, ``timezone``, ``schedule``, ``schedule_due``."""
    due = t.site.c.schedule_due
    query = _SCHEDULED.where(due.is_(None) | (due >= since))
    return [dict(row._mapping) for row in tx.execute(query)]
