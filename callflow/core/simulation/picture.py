"""A timeline drawn: the steps above, below them one row a person with their calls. SVG, pure text.

Colours as in a plan's picture: blue is a human, green a good end, orange a bad one; everything else
is the page's own colour. One unit is one CSS pixel.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from callflow.core.plans.picture.draw import escaped
from callflow.core.simulation.run import Ring, Timeline
from callflow.core.simulation.words import duration, name_of
from callflow.core.sites.site import Site
from callflow.texts import OUTCOMES, word
from callflow.texts.plans.simulation import SIMULATION

_HUMAN, _GOOD, _BAD = "#2f7de1", "#1f9d55", "#d9822b"
_LEFT, _WIDTH, _TOP, _ROW, _BAR = 190.0, 890.0, 64.0, 34.0, 20.0
_LETTER = 8.8  # the width of one at 16 px, about
#: Seconds between two marks of the axis.
_TICKS = (5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
_MOST_TICKS, _LONGEST_NAME = 7, 20
_ENDED_WELL = frozenset({"verified_ok", "known_cause", "acknowledged", "accepted", "going"})
_ENDED_BADLY = frozenset({"duress", "help", "wrong_code", "trunk_failure", "error", "unknown"})


def draw(
    timeline: Timeline,
    site: Site | None,
    language: str = "en",
    titles: Mapping[str, str] | None = None,
) -> str:
    """What happened, as a picture; ``language`` is that of its words, fr or en. ``titles``: what
    people call the steps; None: they are named by their ids."""
    return _Drawing(timeline, site, language, titles or {}).svg()


class _Drawing:
    def __init__(
        self, timeline: Timeline, site: Site | None, language: str, titles: Mapping[str, str]
    ) -> None:
        self.of, self.site, self.language, self.titles = timeline, site, language, titles
        self.people = list(dict.fromkeys(ring.contact for ring in timeline.rings))
        self.seconds = max(1.0, (timeline.ended_at - timeline.opened_at).total_seconds())
        self.height = _TOP + _ROW * (len(self.people) + 1) + 12

    def svg(self) -> str:
        width = _LEFT + _WIDTH + 20
        title = escaped(self._say("title"))
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" role="img" lang="{self.language}"'
                f' viewBox="0 0 {width:g} {self.height:g}" width="{width:g}"'
                f' height="{self.height:g}" fill="none" font-family="system-ui, sans-serif"'
                f' font-size="16" aria-label="{title}">',
                f"<title>{title}</title>",
                *self._axis(),
                *self._steps(),
                *(line for n, who in enumerate(self.people, 1) for line in self._person(n, who)),
                *self._human(),
                "</svg>",
            ]
        )

    def _say(self, key: str) -> str:
        return word(SIMULATION, key, self.language)

    def _x(self, at: datetime) -> float:
        into = (at - self.of.opened_at).total_seconds() / self.seconds
        return _LEFT + _WIDTH * min(max(into, 0.0), 1.0)

    def _axis(self) -> Iterator[str]:
        step = next((t for t in _TICKS if self.seconds / t <= _MOST_TICKS), _TICKS[-1])
        number = 0
        while number * step <= self.seconds and number <= 2 * _MOST_TICKS:
            x = _LEFT + _WIDTH * number * step / self.seconds
            yield (
                f'<path d="M{x:.1f} {_TOP - 12:g}V{self.height - 8:g}" stroke="currentColor"'
                ' stroke-opacity="0.2"/>'
            )
            label = duration(number * step)
            if x + len(label) * _LETTER < _LEFT + _WIDTH + 16:
                yield _text(x + 3, 18, label, 0.75)
            number += 1

    def _steps(self) -> Iterator[str]:
        yield _text(0, _middle(0), self._say("steps"), 0.75)
        entered = [entry for entry in self.of.entries if entry.what == "step"]
        ends = [*(entry.at for entry in entered[1:]), self.of.ended_at]
        for entry, end in zip(entered, ends, strict=False):  # none was entered: none is drawn
            x, until = self._x(entry.at), self._x(end)
            wide, name = max(3.0, until - x - 1), self.titles.get(entry.step, entry.step)
            yield (
                f'<rect x="{x:.1f}" y="{_middle(0) - 16:g}" width="{wide:.1f}" height="22" rx="4"'
                ' fill="currentColor" fill-opacity="0.1" stroke="currentColor"'
                f' stroke-opacity="0.5"><title>{escaped(name)}</title></rect>'
            )
            if len(name) * _LETTER + 8 < wide:
                yield _text(x + 5, _middle(0), name)

    def _person(self, row: int, who: str) -> Iterator[str]:
        yield _text(0, _middle(row), _cut(name_of(self.site, who)))
        rings = [ring for ring in self.of.rings if ring.contact == who]
        for number, ring in enumerate(rings):
            follows = rings[number + 1].at if number + 1 < len(rings) else None
            yield from self._ring(row, ring, follows)

    def _ring(self, row: int, ring: Ring, follows: datetime | None) -> Iterator[str]:
        x = self._x(ring.at)
        wide = max(4.0, self._x(ring.ended_at or self.of.ended_at) - x)
        said = word(OUTCOMES, ring.outcome, self.language) if ring.outcome else "…"
        colour = _colour(ring.outcome)
        yield (
            f'<rect x="{x:.1f}" y="{_middle(row) - 15:g}" width="{wide:.1f}" height="{_BAR:g}"'
            f' rx="4" fill="{colour}" fill-opacity="0.55" stroke="{colour}">'
            f"<title>{escaped(said)}</title></rect>"
        )
        room = (self._x(follows) if follows else _LEFT + _WIDTH + 10) - x - wide
        if len(said) * _LETTER + 8 < room:
            yield _text(x + wide + 5, _middle(row), said)

    def _human(self) -> Iterator[str]:
        if self.of.human_at is None:
            return
        x, said = self._x(self.of.human_at), self._say("human_here")
        yield (
            f'<path d="M{x:.1f} 28V{self.height - 8:g}" stroke="{_HUMAN}" stroke-width="2.5"'
            ' stroke-dasharray="6 4"/>'
        )
        left = x + len(said) * _LETTER > _LEFT + _WIDTH
        at = x - len(said) * _LETTER - 4 if left else x + 5
        yield f'<text x="{at:.1f}" y="42" fill="{_HUMAN}">{escaped(said)}</text>'


def _middle(row: int) -> float:
    """Where the words of a row stand."""
    return _TOP + _ROW * row + 18


def _colour(outcome: str) -> str:
    if outcome in _ENDED_WELL:
        return _GOOD
    return _BAD if outcome in _ENDED_BADLY else "currentColor"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _text(x: float, y: float, text: str, opacity: float = 1.0) -> str:
    faint = "" if opacity == 1.0 else f' fill-opacity="{opacity:g}"'
    return f'<text x="{x:.1f}" y="{y:g}" fill="currentColor"{faint}>{escaped(text)}</text>'
