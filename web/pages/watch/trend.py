"""An organ's figures as a line to draw, and the times at which it was not well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callflow.core.watch.organs import State
from callflow.core.watch.trends import Point

#: The drawing's own measures, whatever its size on screen.
WIDTH, HEIGHT = 240, 40
_MARGIN = 3
#: Points that a line has at most: more can't be seen.
_MOST = 240


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """``points`` as SVG takes them, ``ill`` as (begin, width) of each time; the lowest, the highest
    and the last figure."""

    points: str
    ill: tuple[tuple[float, float], ...]
    low: float
    high: float
    last: float


def drawn(points: Sequence[Point], since: datetime, until: datetime) -> Trend | None:
    """One organ's, oldest first; None: there is no line to draw."""
    figures = [(point.at, point.figure) for point in points if point.figure is not None]
    if len(figures) < 2:
        return None
    low, high = min(f for _, f in figures), max(f for _, f in figures)
    every = -(-len(figures) // _MOST)
    shown = [*figures[:-1:every], figures[-1]]
    line = " ".join(
        f"{_across(at, since, until):g},{_down(figure, low, high):g}" for at, figure in shown
    )
    ill = tuple(_times(points, since, until))
    return Trend(points=line, ill=ill, low=low, high=high, last=figures[-1][1])


def _across(at: datetime, since: datetime, until: datetime) -> float:
    share = (at - since) / (until - since) if until > since else 0.0
    return round(WIDTH * min(1.0, max(0.0, share)), 1)


def _down(figure: float, low: float, high: float) -> float:
    share = (figure - low) / (high - low) if high > low else 0.5
    return round(HEIGHT - _MARGIN - share * (HEIGHT - 2 * _MARGIN), 1)


def _times(points: Sequence[Point], since: datetime, until: datetime) -> list[tuple[float, float]]:
    found = []
    for place, point in enumerate(points):
        if point.state is State.OK:
            continue
        end = points[place + 1].at if place + 1 < len(points) else until
        begin = _across(point.at, since, until)
        found.append((begin, round(_across(end, since, until) - begin, 1)))
    return found
