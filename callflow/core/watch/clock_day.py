"""The figures of a day of a machine's clock, as the logbook has them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from callflow.core.watch.organs import State
from callflow.core.watch.trends import Point


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockDay:
    """Between which offsets (seconds ahead) the clock was, of how many figures; how often it was
    found other than well. Without a figure ``least`` and ``most`` are None."""

    count: int = 0
    least: float | None = None
    most: float | None = None
    troubles: int = 0


def of(points: Iterable[Point]) -> ClockDay:
    """The figures of these points, of one clock."""
    told = list(points)
    figures = [point.figure for point in told if point.figure is not None]
    return ClockDay(
        count=len(figures),
        least=min(figures, default=None),
        most=max(figures, default=None),
        troubles=sum(point.changed and point.state is not State.OK for point in told),
    )


def bounds(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The instants between which a day lies in a zone: 23 to 25 hours."""
    begins = datetime.combine(day, time(), zone)
    return begins, datetime.combine(day + timedelta(days=1), time(), zone)


def within(points: Sequence[Point], begins: datetime, ends: datetime) -> list[Point]:
    """Those between two instants."""
    return [point for point in points if begins <= point.at < ends]
