"""The yearly report for an auditor: its chapters, and what is reckoned for it. Pure.

Which clause of a standard a chapter answers, and which figures are wanted, the station sets: what
the standards say is not verified here (docs/explanation/law.md).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import isfinite
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import REACHED, Call
from callflow.core.records.sheets import Sheet
from callflow.core.time.hours import Span
from callflow.core.watch.organs import State


class Chapter(StrEnum):
    """A chapter, in the order of the report."""

    ALARMS = "alarms"
    AVAILABILITY = "availability"
    FAILURES = "failures"
    POWER = "power"
    CLOCK = "clock"
    CANARY = "canary"
    CHECKS = "checks"
    STAFFING = "staffing"
    ROOM = "room"
    CONTINUITY = "continuity"
    BACKUPS = "backups"


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of one report. ``clause``: as the station set it; ``target``: what is wanted, in
    words; ``met`` None: nothing is wanted, or nothing is known."""

    chapter: Chapter
    sheet: Sheet
    clause: str = ""
    target: str = ""
    met: bool | None = None


_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Lived:
    """How long an organ was in each state, and how often it failed, of the time that is known."""

    took: Mapping[State, timedelta]
    failures: int

    @property
    def known(self) -> timedelta:
        """The time of which its state is known."""
        return sum((t for s, t in self.took.items() if s is not State.UNKNOWN), _NOTHING)

    @property
    def share(self) -> float | None:
        """Per cents of the known time in which it did its work; None: nothing is known."""
        if not self.known:
            return None
        return 100 * (1 - self.took.get(State.FAILED, _NOTHING) / self.known)


def lived(changes: Sequence[tuple[datetime, State]], during: Span) -> Lived:
    """What an organ lived through in that time, by its changes in their order; before the first
    one nothing is known of it."""
    took: dict[State, timedelta] = defaultdict(timedelta)
    failures, before = 0, State.UNKNOWN
    marks = [(during.start, State.UNKNOWN), *changes, (during.end, State.UNKNOWN)]
    for (at, state), (until, _) in pairwise(marks):
        begin, end = max(at, during.start), min(until, during.end)
        if end > begin:
            took[state] += end - begin
        failures += state is State.FAILED is not before and during.start <= at < during.end
        before = state
    return Lived(took, failures)


@dataclass(frozen=True, slots=True)
class Called:
    """How soon after an alarm somebody was rung for it, and confirmed; None: nobody was, or did.
    ``people``: how many numbers were called."""

    rung: timedelta | None = None
    confirmed: timedelta | None = None
    people: int = 0


def called(opened_at: datetime, calls: Iterable[Call]) -> Called:
    """What an alarm's ``calls`` say."""
    placed = [one for one in calls if one.placed_at is not None]
    rung = [one.placed_at for one in placed if one.placed_at is not None]
    reached = [one.ended_at for one in placed if one.outcome in REACHED and one.ended_at]
    return Called(
        rung=min(rung) - opened_at if rung else None,
        confirmed=min(reached) - opened_at if reached else None,
        people=len({one.to for one in placed}),
    )


def is_in_time(alarm: Incident, how: Called, limit: timedelta) -> bool:
    """True where somebody was rung within ``limit``, or it was over before that."""
    if how.rung is not None and how.rung <= limit:
        return True
    return alarm.closed_at is not None and alarm.closed_at - alarm.opened_at <= limit


def attended(shifts: Iterable[Span], during: Span) -> dict[int, timedelta]:
    """{how many people were on shift at once: for how long} of that time."""
    steps: Counter[datetime] = Counter()
    for one in shifts:
        begin, end = max(one.start, during.start), min(one.end, during.end)
        if begin < end:
            steps[begin] += 1
            steps[end] -= 1
    took: dict[int, timedelta] = defaultdict(timedelta)
    there, at = 0, during.start
    for moment in sorted(steps):
        if moment > at:
            took[there] += moment - at
        there, at = there + steps[moment], moment
    if during.end > at:
        took[there] += during.end - at
    return dict(took)


@dataclass(frozen=True, slots=True)
class ClockDay:
    """What the logbook says of a machine's clock on one day: the seconds that it was ahead, at
    least and at most; None: nobody measured."""

    month: str
    machine: str
    least: float | None
    most: float | None
    troubles: int

    @property
    def worst(self) -> float | None:
        """The farthest that it was off, in seconds."""
        return max((abs(x) for x in (self.least, self.most) if x is not None), default=None)


def clock_day(told: Mapping[str, Any]) -> ClockDay:
    """One day's entry; what is no number there counts as not measured."""
    troubles = str(told.get("troubles", ""))
    return ClockDay(
        month=str(told.get("day", ""))[:7],
        machine=str(told.get("machine", "")),
        least=_number(told.get("least")),
        most=_number(told.get("most")),
        troubles=int(troubles) if troubles.isascii() and troubles.isdigit() else 0,
    )


def _number(said: Any) -> float | None:
    try:
        found = float(said)
    except (TypeError, ValueError):
        return None
    return found if isfinite(found) else None
