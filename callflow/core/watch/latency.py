"""Durations that the station is judged by, counted where they happen. Pure: seconds come in.

A process keeps its counts in memory and tells them with its sign of life: measuring writes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any


class Measure(StrEnum):
    """What takes time. The value is its name in ``/metrics``, without ``callflow_…_seconds``."""

    #: From a panel's message until it is durable and answered (docs/reference/contracts.md).
    ACKNOWLEDGEMENT = "acknowledgement"
    #: From a vital alarm's receipt until the first phone outside rings for it.
    ALARM_TO_RING = "alarm_to_ring"
    #: From the time at which a step was due until it is done.
    STEP_LATENESS = "step_lateness"


#: The upper ends of the bars, in seconds. Among them the limits below, what panels wait for an
#: answer (docs/explanation/signals.md), and EN 50518's 30, 60, 90 and 180 s until the first action.
EDGES: Mapping[Measure, tuple[float, ...]] = {
    Measure.ACKNOWLEDGEMENT: (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 30),
    Measure.ALARM_TO_RING: (0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 90, 180),
    Measure.STEP_LATENESS: (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60),
}
#: What 95 of 100 must not exceed, in seconds: a hardware receiver waits 4 s for its answer; an
#: alarm rings at once; a step goes on within 5 s, even after a restart
#: (docs/explanation/durability.md).
LIMITS: Mapping[str, float] = {
    Measure.ACKNOWLEDGEMENT: 2.0,
    Measure.ALARM_TO_RING: 10.0,
    Measure.STEP_LATENESS: 5.0,
}
#: Seconds that count as lately, in so many parts of which the oldest is forgotten at once.
LATELY, _PARTS = 300.0, 5
#: Fewer than so many durations tell nothing of what is usual.
ENOUGH = 5
_SHARE = 0.95


class Durations:
    """The durations of one measure in this process. ``at`` is monotonic seconds."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self._edges = EDGES[measure]
        self._counts = [0] * (len(self._edges) + 1)  # the last: longer than every edge
        self._sum = 0.0
        self._parts: deque[_Part] = deque()

    def observe(self, seconds: float, at: float) -> None:
        """Something took so long; a clock that was set back makes it 0."""
        took = max(0.0, seconds)
        bar = bisect_left(self._edges, took)
        self._counts[bar] += 1
        self._sum += took
        part = self._part(at)
        part.counts[bar] += 1
        part.longest = max(part.longest, took)

    def _part(self, at: float) -> _Part:
        if not self._parts or at - self._parts[-1].begun >= LATELY / _PARTS:
            self._parts.append(_Part(at, len(self._counts)))
            self._forget(at)
        return self._parts[-1]

    def _forget(self, at: float) -> None:
        while self._parts and at - self._parts[0].begun >= LATELY:
            self._parts.popleft()

    def usual(self, at: float) -> float | None:
        """What 95 of 100 lately did not exceed: the upper end of a bar, or the longest.

        None: too few to tell.
        """
        self._forget(at)
        counts = [sum(column) for column in zip(*(p.counts for p in self._parts), strict=True)]
        if sum(counts) < ENOUGH:
            return None
        bar = _bar_of(counts, _SHARE)
        longest = max(part.longest for part in self._parts)
        return longest if bar == len(self._edges) else min(longest, self._edges[bar])

    def told(self, at: float) -> dict[str, Any]:
        """What the process says of them."""
        counts, total = list(self._counts), round(self._sum, 6)
        return {"measure": self.measure, "counts": counts, "sum": total, "usual": self.usual(at)}


class _Part:
    """Some of the last minutes."""

    __slots__ = ("begun", "counts", "longest")

    def __init__(self, begun: float, bars: int) -> None:
        self.begun, self.counts, self.longest = begun, [0] * bars, 0.0


def _bar_of(counts: Sequence[int], share: float) -> int:
    """The first bar at which so large a share of all is reached."""
    reached, wanted = 0, share * sum(counts)
    for bar, count in enumerate(counts):
        reached += count
        if reached >= wanted:
            return bar
    return len(counts) - 1


def bars(measure: Measure, told: Mapping[str, Any]) -> list[tuple[float, int]]:
    """(upper end in seconds, how many took no longer) of what a process ``told``; the last end is
    infinite. Raises ValueError where it is of other bars: another version's."""
    counts = [int(count) for count in told["counts"]]
    ends = (*EDGES[measure], float("inf"))
    if len(counts) != len(ends):
        raise ValueError(f"{measure}: {len(counts)} bars, not {len(ends)}")
    reached, found = 0, []
    for end, count in zip(ends, counts, strict=True):
        reached += count
        found.append((end, reached))
    return found
