"""Plots as SVG, drawn from numbers: no script makes them, and none is in them. Pure.

Every part has a class, for a page's own colours in the dark and in the light, and a colour of its
own, for paper. A length in a plot is a CSS pixel: its texts are 16 of them.
"""

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_LETTER = 8.4  # the width of one, on average
_LEFT, _TOP, _FOOT, _GAP, _WIDEST = 64, 52, 32, 8, 96
_GRID, _INK, _SOFT = "#b9c1c9", "#1a2027", "#4c5761"
#: Of the parts of a bar, from below; of a mark.
COLOURS = ("#2f6f9f", "#c46f1b", "#6b7782", "#7a4fa3")
_MARK = "#b3261e"
Said = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Series:
    """A part of each bar."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that stands after so many bars, a part of one included, with its words."""

    after: float
    words: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plot: its title, which its picture says to who can't see it, and the picture."""

    title: str
    svg: str


def _words(x: float, y: float, text: str, kind: str = "axis", anchor: str = "middle") -> str:
    colour = {"axis": _SOFT, "value": _INK, "marked": _MARK}[kind]
    return (
        f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="16"'
        f' fill="{colour}">{html.escape(text)}</text>'
    )


def ticks(most: float) -> list[float]:
    """Round numbers from 0 to just above ``most``, five steps at most."""
    if most <= 0:
        return [0, 1]
    step = 1.0
    while True:
        for nice in (1, 2, 5):
            if most <= step * nice * 4:
                every = step * nice
                return [every * place for place in range(int(-(-most // every)) + 1)]
        step *= 10


def bars(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    marks: Sequence[Mark] = (),
    said: Said = lambda value: f"{value:.0f}",
    top: float | None = None,
    width: int = 660,
    height: int = 250,
) -> Drawing:
    """Bars, one a label, of one or more parts upon each other. ``said`` writes a value; ``top``:
    the scale's, where it is not the highest bar's."""
    heights = [sum(each.values[place] for each in series) for place in range(len(labels))]
    scale = ticks(max(heights, default=0) if top is None else top)
    plot = _Plot(width, height, len(labels), scale[-1])
    parts = [
        *plot.grid(scale, said),
        *(plot.bar(place, series) for place in range(len(labels))),
        *plot.labels(labels),
        *(part for place, mark in enumerate(marks) for part in plot.mark(mark, place)),
        *(_key(series, width) if len(series) > 1 else ()),
    ]
    name = html.escape(title)
    return Drawing(
        title,
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{name}"'
        f' width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="sans-serif">{"".join(parts)}</svg>',
    )


@dataclass(frozen=True, slots=True)
class _Plot:
    width: int
    height: int
    count: int
    most: float

    @property
    def _each(self) -> float:
        return (self.width - _LEFT - 8) / max(1, self.count)

    @property
    def _ground(self) -> float:
        return self.height - _FOOT

    def _at(self, value: float) -> float:
        return self._ground - (self._ground - _TOP) * value / self.most

    def grid(self, scale: Sequence[float], said: Said) -> Iterator[str]:
        for value in scale:
            y = self._at(value)
            yield (
                f'<line class="grid" x1="{_LEFT}" x2="{self.width - 8}" y1="{y:.1f}" y2="{y:.1f}"'
                f' stroke="{_GRID}" stroke-width="1"/>'
            )
            yield _words(_LEFT - 8, y + 5, said(value), anchor="end")

    def bar(self, place: int, series: Sequence[Series]) -> str:
        x, wide = _LEFT + place * self._each, self._each
        gap = max(min(_GAP, wide / 4), wide - _WIDEST)
        made, below = [], 0.0
        for part, each in enumerate(series):
            value = each.values[place]
            if value <= 0:
                continue
            y, foot = self._at(below + value), self._at(below)
            tall = max(1.0, foot - y)
            made.append(
                f'<rect class="s{part}" x="{x + gap / 2:.1f}" y="{foot - tall:.1f}"'
                f' width="{wide - gap:.1f}" height="{tall:.1f}" fill="{COLOURS[part]}"/>'
            )
            below += value
        return "".join(made)

    def labels(self, labels: Sequence[str]) -> Iterator[str]:
        """As many as have room."""
        longest = max(map(len, labels), default=1) * _LETTER + 10
        every = max(1, int(-(-longest // self._each)))
        for place, label in enumerate(labels):
            if place % every == 0:
                yield _words(_LEFT + (place + 0.5) * self._each, self._ground + 22, label)

    def mark(self, mark: Mark, place: int) -> Iterator[str]:
        x = _LEFT + mark.after * self._each
        y = _TOP - 30 + 20 * place
        left = x + len(mark.words) * _LETTER > self.width
        yield (
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 12}" y2="{self._ground:.1f}"'
            f' stroke="{_MARK}" stroke-width="2" stroke-dasharray="6 4"/>'
        )
        yield _words(x - 6 if left else x + 6, y, mark.words, "marked", "end" if left else "start")


def _key(series: Sequence[Series], width: int) -> Iterator[str]:
    """What each part is."""
    x = float(_LEFT)
    for part, each in enumerate(series):
        yield (
            f'<rect class="s{part}" x="{x:.0f}" y="4" width="16" height="16"'
            f' fill="{COLOURS[part]}"/>'
        )
        yield _words(x + 22, 18, each.name, "value", "start")
        x += 22 + len(each.name) * _LETTER + 24
