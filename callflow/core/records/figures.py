"""What one incident took, step by step, and who held it: the facts that statistics count. Pure.

Durations are whole milliseconds from receipt: each instant is cut to its millisecond first, so that
a count made by hand in SQL finds the same. Days and hours are the station's: on a day of 25 hours
one hour has two.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from callflow.core.calls.purpose import MEANING, Purpose, Rings
from callflow.core.signals.signal import PERSONAL, Category, Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

#: Entries of the logbook that tell of a human's hold, or of its end.
TAKES = ("claimed", "transferred")
LETS_GO = ("released", "parked", "resumed", "came_back", "closed", "incident_reopened")
#: An undone claim lets go; what else is undone is before whoever undid it again, as is what
#: somebody opened again after it was filed.
UNDONE, UNDONE_CLAIM, REOPENED = "undone", "claim", "reopened"
#: The entry that an incident stands in the human queue.
SHOWN = "human"
CLOSED = "closed"
TOLD = (SHOWN, *TAKES, *LETS_GO, UNDONE, REOPENED)

#: Steps of calls that ring at the station's own phones: nobody outside hears of the alarm by them.
OWN_CALLS = tuple(sorted(p.value for p in Purpose if MEANING[p].rings is Rings.STATION))

#: Resolution codes of alarms that nothing was behind.
FALSE = ("cancelled", "false_alarm", "known_cause", "nothing_found", "operating_error")

#: Kinds that EN 50518 wants seen to first (docs/explanation/law.md), beside alarms under duress.
URGENT = frozenset({Kind.FIRE, *PERSONAL})


class Step(StrEnum):
    """What is measured from receipt on."""

    SHOWN = "shown"  # in the operators' queue
    CLAIMED = "claimed"  # an operator took it
    CALLED = "called"  # the first call to somebody who is not the station
    ACTED = "acted"  # the first of both: what EN 50518 counts
    VERIFIED = "verified"
    CLOSED = "closed"


#: The upper ends of a histogram's bars, in seconds; what is longer has a bar of its own.
EDGES = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the logbook by which somebody holds an incident, or does no more. ``by``: the
    operator who holds it from now on, or whose act it is; "" where it is nobody's. UTC."""

    at: datetime
    kind: str
    by: str = ""
    undone: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """What happened to an incident, as its rows say. Times are UTC."""

    incident_id: str
    site_id: str | None
    account: str
    zone: str  # of its first signal
    kind: Kind
    category: Category
    duress: bool
    received_at: datetime
    closed_at: datetime | None = None
    resolution: str = ""
    called_at: datetime | None = None
    verified_at: datetime | None = None
    told: Sequence[Told] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentFigure:
    """One incident as it is counted: ``day`` as 20261130 and ``hour`` of its receipt at the
    station, durations in milliseconds, None where it did not come to that."""

    incident_id: str
    day: int
    hour: int
    site_id: str
    account: str
    zone: str
    kind: str
    category: str
    urgent: bool
    operator: str  # who took it first; "": nobody
    resolution: str
    unfounded: bool  # closed, and nothing was behind it
    shown_ms: int | None = None
    claimed_ms: int | None = None
    called_ms: int | None = None
    acted_ms: int | None = None
    verified_ms: int | None = None
    closed_ms: int | None = None
    machine_ms: int | None = None  # of a closed one: until it stood before a human, or was taken
    human_ms: int | None = None  # of a closed one: in somebody's hands


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorFigure:
    """What one operator did for an incident: the milliseconds that it was in their hands, how often
    they took and closed it."""

    incident_id: str
    operator: str
    day: int
    hour: int
    category: str
    held_ms: int
    taken: int
    closed: int


def milliseconds(at: datetime) -> int:
    """``at`` since 1970, cut to the millisecond."""
    return (at - _EPOCH) // _MILLISECOND


def number_of(day: date) -> int:
    """A day as the tables keep it: 20261130."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day of such a number."""
    return date(number // 10_000, number // 100 % 100, number % 100)


def place(at: datetime, zone: tzinfo) -> tuple[int, int]:
    """The day and the hour of the clock, in ``zone``."""
    there = at.astimezone(zone)
    return number_of(there.date()), there.hour


def bounds(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The instants (UTC) at which ``first`` begins and the day after ``last`` does."""
    begins = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    one, other = (each.astimezone(UTC) for each in begins)
    return one, other


@dataclass(frozen=True, slots=True)
class Hold:
    """So long somebody held an incident; ``until`` is None while they do. UTC."""

    operator: str
    since: datetime
    until: datetime | None


def holds(told: Iterable[Told]) -> Iterator[Hold]:
    """Who held it, from when to when, by its entries in their order."""
    current: Hold | None = None
    for one in told:
        holder = _holder_after(one)
        if holder is None:
            continue
        if current is not None:
            yield Hold(current.operator, current.since, one.at)
        current = Hold(holder, one.at, None) if holder else None
    if current is not None:
        yield current


def _holder_after(one: Told) -> str | None:
    """Who has it after this entry: "" nobody, None: whoever had it before."""
    if one.kind in TAKES:
        return one.by
    if one.kind in (UNDONE, REOPENED):
        return "" if one.undone == UNDONE_CLAIM else one.by
    return "" if one.kind in LETS_GO else None


def counted(course: Course, zone: tzinfo) -> tuple[IncidentFigure, list[OperatorFigure]]:
    """The facts of one incident."""
    begun = milliseconds(course.received_at)
    day, hour = place(course.received_at, zone)

    def after(at: datetime | None) -> int | None:
        return None if at is None else milliseconds(at) - begun

    shown = _first(course.told, SHOWN)
    claim = _first(course.told, "claimed")
    steps = [at for at in (claim.at if claim else None, course.called_at) if at is not None]
    operators = _operators(course, day, hour)
    closed = after(course.closed_at)
    shown_ms = after(shown.at if shown else None)
    claimed_ms = after(claim.at if claim else None)
    figure = IncidentFigure(
        incident_id=course.incident_id,
        day=day,
        hour=hour,
        site_id=course.site_id or "",
        account=course.account,
        zone=course.zone,
        kind=course.kind.value,
        category=course.category.value,
        urgent=course.duress or course.kind in URGENT,
        operator=claim.by if claim else "",
        resolution=course.resolution,
        unfounded=course.resolution in FALSE,
        shown_ms=shown_ms,
        claimed_ms=claimed_ms,
        called_ms=after(course.called_at),
        acted_ms=after(min(steps, default=None)),
        verified_ms=after(course.verified_at),
        closed_ms=closed,
        machine_ms=None if closed is None else _soonest(closed, shown_ms, claimed_ms),
        human_ms=None if closed is None else sum(each.held_ms for each in operators),
    )
    return figure, operators


def _soonest(*times: int | None) -> int:
    return min(time for time in times if time is not None)


def _first(told: Iterable[Told], kind: str) -> Told | None:
    return next((one for one in told if one.kind == kind), None)


def _operators(course: Course, day: int, hour: int) -> list[OperatorFigure]:
    """What each did; of a closed incident what came after its end is not counted."""
    held: dict[str, int] = {}
    taken: dict[str, int] = {}
    closed: dict[str, int] = {}
    for each in holds(course.told):
        until = min(filter(None, (each.until, course.closed_at)), default=each.since)
        spent = milliseconds(until) - milliseconds(each.since)
        held[each.operator] = held.get(each.operator, 0) + max(0, spent)
    for one in course.told:
        if one.kind in TAKES and one.by:
            taken[one.by] = taken.get(one.by, 0) + 1
        elif one.kind == CLOSED and one.by:
            closed[one.by] = closed.get(one.by, 0) + 1
    return [
        OperatorFigure(
            incident_id=course.incident_id,
            operator=name,
            day=day,
            hour=hour,
            category=course.category.value,
            held_ms=held.get(name, 0),
            taken=taken.get(name, 0),
            closed=closed.get(name, 0),
        )
        for name in sorted({*held, *taken, *closed})
    ]
