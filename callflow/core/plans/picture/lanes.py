"""Where the arrows run: one vertical lane for each step that is led to, none over another."""

from collections.abc import Mapping, Sequence


def lanes(spans: Mapping[str, tuple[float, float]]) -> dict[str, int]:
    """{step: lane, 0 being the nearest} of vertical lines with these (top, bottom); of two in one
    lane neither touches the other. Short ones stand nearer."""
    taken: list[list[tuple[float, float]]] = []
    found: dict[str, int] = {}
    for step in sorted(spans, key=lambda step: (spans[step][1] - spans[step][0], step)):
        top, bottom = spans[step]
        lane = _free(taken, top, bottom)
        taken[lane].append((top, bottom))
        found[step] = lane
    return found


def _free(taken: list[list[tuple[float, float]]], top: float, bottom: float) -> int:
    for lane, lines in enumerate(taken):
        if all(bottom < other[0] or top > other[1] for other in lines):
            return lane
    taken.append([])
    return len(taken) - 1


def spans_of(ends: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, float]]:
    """{step: (top, bottom)} of the heights that its lane joins."""
    return {step: (min(heights), max(heights)) for step, heights in ends.items()}
