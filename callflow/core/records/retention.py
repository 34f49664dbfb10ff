"""How long is kept what alarms leave: what may be set, what is in force, what is due. Pure.

Limits are days. Where the law gives no figure they are the usual ones, which a station's counsel
confirms (*unverified*): six months are the CNIL's usual ceiling for recordings of calls.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum


class Kept(StrEnum):
    """What is kept for so many days, and deleted then."""

    RECORDINGS = "recordings"  # of calls, and what was said after a tone
    IMAGES = "images"  # stills and clips
    SIGNALS = "signals"  # what panels sent
    PEOPLE = "people"  # contacts whom no site has any more
    PARTS = "parts"  # what was taken away from sites: accounts, zones, cameras and the like
    INCIDENTS = "incidents"  # filed ones, calls, notes, and what the logbook says of them


@dataclass(frozen=True, slots=True)
class Limits:
    """The fewest and the most days that may be set."""

    least: int
    most: int


LIMITS: Mapping[Kept, Limits] = {
    # A month, in which a call to the police that is disputed is proven (CSI L613-6).
    Kept.RECORDINGS: Limits(30, 183),
    Kept.IMAGES: Limits(30, 183),
    # A year of service; five of claims from a contract (Code civil, 2224).
    Kept.SIGNALS: Limits(365, 1826),
    # A season in which one who was removed by mistake comes back; the same five years.
    Kept.PEOPLE: Limits(90, 1826),
    # The same: what was taken away by mistake comes back.
    Kept.PARTS: Limits(90, 1826),
    # A year, in which a bill and an intervention are disputed; the same five years.
    Kept.INCIDENTS: Limits(365, 1826),
}

#: Why so many days are refused.
NOTHING = "nothing would be kept: what an alarm left must be there when somebody asks for it"
TOO_FEW = "too few days: what is disputed later could not be proven any more"
TOO_MANY = "too many days for this purpose: put a legal hold on the alarms that must be kept"


def fault(what: Kept, days: int) -> str | None:
    """Why ``days`` may not be set; None: they may."""
    if days < 1:
        return NOTHING
    limits = LIMITS[what]
    return TOO_FEW if days < limits.least else TOO_MANY if days > limits.most else None


@dataclass(frozen=True, slots=True)
class Rule:
    """``what`` is kept for so many days, from ``since`` on (UTC)."""

    id: str
    what: Kept
    days: int
    since: datetime
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class LegalHold:
    """Nothing of this alarm is deleted until it is lifted. Times are UTC."""

    id: str
    incident_id: str
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None


def in_force(rules: Iterable[Rule], now: datetime) -> dict[Kept, int]:
    """{what: days} of what has an end now: the rule that began last counts."""
    begun = sorted((rule for rule in rules if rule.since <= now), key=lambda rule: rule.since)
    return {rule.what: rule.days for rule in begun}


def before(days: int, now: datetime) -> datetime:
    """What is older than this is due."""
    return now - timedelta(days=days)


def first_day(now: datetime, zone: tzinfo) -> date:
    """The first day from which a change may count: what is deleted comes back for nobody."""
    return now.astimezone(zone).date() + timedelta(days=1)


def begin_of(day: date, zone: tzinfo) -> datetime:
    """A day's first moment."""
    return datetime.combine(day, time(), zone)
