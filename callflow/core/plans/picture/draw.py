"""Drawing: boxes, lanes and arrows as SVG elements."""

import re
from collections.abc import Iterator
from html import escape

from callflow.core.plans.call_plan import Plan, StepKind, problems, reachable
from callflow.core.plans.picture.boxes import HEAD, MARGIN, NARROW, WIDTH, Box, Line, boxes
from callflow.core.plans.picture.lanes import lanes, spans_of
from callflow.texts.plans import plan_words

#: Tints that read on light and on dark: a human's, a closure's, of a step that is never reached.
_HUMAN, _CLOSURE, _NEVER = "#2f7de1", "#1f9d55", "#d9822b"
_LANE, _ARROW = 13.0, 7.0
#: The width of a letter of a title, of a line, and units that marks beside a title take.
_LETTER, _SMALL_LETTER, _MARKS = 7.3, 5.9, 90.0
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(
    plan: Plan,
    language: str = "en",
    scale: float = 1.0,
    *,
    narrow: bool = False,
    selected: str = "",
) -> str:
    """The picture of ``plan``, sound or not; ``language`` is that of its words, fr or en.

    ``scale`` is how many CSS pixels a unit has where it is shown; ``narrow``: beside others there;
    ``selected``: the step that stands out.
    """
    column = 0 if language == "fr" else 1
    sound = next(problems(plan), None) is None
    reached = reachable(plan) if sound else frozenset(step.id for step in plan.steps)
    width = NARROW if narrow else WIDTH
    drawing = _Drawing(boxes(plan, reached, column, width), column, width, selected)
    return drawing.svg(plan, language, scale)


class _Drawing:
    """One picture: where its lanes are, and its elements."""

    def __init__(self, all_boxes: list[Box], column: int, width: float, selected: str) -> None:
        self.boxes, self.column, self.width, self.selected = all_boxes, column, width, selected
        self.by_id = {box.step.id: box for box in all_boxes}
        self.forward = self._heights(back=False)
        self.back = self._heights(back=True)
        self.lanes = lanes(spans_of(self.forward))
        self.back_lanes = lanes(spans_of(self.back))
        widest = max(self.back_lanes.values(), default=-1) + 1
        self.left = MARGIN + widest * _LANE + (_LANE if widest else 0.0)
        self.right = self.left + width

    def _heights(self, *, back: bool) -> dict[str, list[float]]:
        """{step: heights that its lane joins}: where it is led from, and its own head."""
        found: dict[str, list[float]] = {}
        for box in self.boxes:
            for y, target in _exits(box):
                if target in self.by_id and (self.by_id[target].place <= box.place) == back:
                    head = self.by_id[target].y + HEAD / 2
                    found.setdefault(target, [head]).append(y)
        return found

    def svg(self, plan: Plan, language: str, scale: float) -> str:
        last = self.boxes[-1] if self.boxes else None
        height = (last.y + last.height if last else HEAD) + MARGIN
        widest = max(self.lanes.values(), default=-1) + 2
        width = self.right + widest * _LANE + MARGIN
        title = escaped(plan.name or plan.id)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" role="img" lang="{language}"'
                f' viewBox="0 0 {width:g} {height:g}" width="{width * scale:g}"'
                f' height="{height * scale:g}"'
                f' fill="none" font-family="system-ui, sans-serif" font-size="12"'
                f' aria-label="{title}">',
                f"<title>{title}</title>",
                f"<desc>{escaped(self._described())}</desc>",
                *self._elements(plan),
                "</svg>",
            ]
        )

    def _described(self) -> str:
        """The picture for whoever does not see it."""
        return "\n".join(
            f"{box.place}. {box.title} ({box.kind}): "
            + "; ".join(
                f"{line.text} → {self._named(line.target)}" if line.target else line.text
                for line in box.lines
            )
            for box in self.boxes
        )

    def _named(self, target: str) -> str:
        """The place and title of a step; the id of what is none."""
        box = self.by_id.get(target)
        return target if box is None else f"{box.place}. {box.title}"

    def _elements(self, plan: Plan) -> Iterator[str]:
        name = _cut(f"{plan.name or plan.id} · v{plan.version}", 60)
        yield _text(self.left, MARGIN + 10, name, 'font-size="15" font-weight="600"')
        for target in self.forward:
            yield from self._lane(target)
        for target in self.back:
            yield from self._back_lane(target)
        for box in self.boxes:
            chosen = ' class="selected"' if box.step.id == self.selected else ""
            yield f'<g data-step="{box.place}"{chosen}>'
            yield f"<title>{escaped(box.whole)}</title>"
            yield from self._box(box)
            yield "</g>"

    # --- arrows -----------------------------------------------------------------------------

    def _lane(self, target: str) -> Iterator[str]:
        x = self.right + (self.lanes[target] + 1) * _LANE
        head, *from_ = self.forward[target]
        colour = _colour(self.by_id[target])
        for y in from_:
            yield _path(f"M{self.right:g} {y:g}H{x - 4:g}q4 0 4 4V{head - 4:g}", colour)
        yield _path(f"M{x:g} {head - 4:g}q0 4 -4 4H{self.right + 2:g}", colour)
        yield _arrow(self.right + 1, head, -_ARROW, colour)

    def _back_lane(self, target: str) -> Iterator[str]:
        x = self.left - (self.back_lanes[target] + 1) * _LANE
        head, *from_ = self.back[target]
        colour = _colour(self.by_id[target])
        for y in from_:
            yield _path(
                f"M{self.left:g} {y:g}H{x + 4:g}q-4 0 -4 -4V{head + 4:g}", colour, dashed=True
            )
        yield _path(f"M{x:g} {head + 4:g}q0 -4 4 -4H{self.left - 2:g}", colour, dashed=True)
        yield _arrow(self.left - 1, head, _ARROW, colour)

    # --- boxes ------------------------------------------------------------------------------

    def _box(self, box: Box) -> Iterator[str]:
        colour, x = _colour(box), self.left
        dashed = "" if box.reached else ' stroke-dasharray="5 4"'
        yield (
            f'<rect x="{x:g}" y="{box.y:g}" width="{self.width:g}" height="{box.height:g}" rx="7"'
            f' fill="{colour}" fill-opacity="0.07" stroke="{colour}" stroke-opacity="0.75"'
            f' stroke-width="{2 if box.closes else 1.25}"{dashed}/>'
        )
        yield _circle(x + 17, box.y + HEAD / 2, str(box.place), colour)
        marked = 30 * (box.human or box.closes)
        room = self.width - 42 - marked - (0.0 if box.reached else _MARKS)
        name = _cut(box.title, int(room / _LETTER))
        yield _text(x + 32, box.y + HEAD / 2 + 4.5, name, 'font-size="13" font-weight="600"')
        if not box.reached:
            more = f'text-anchor="end" fill="{colour}"'
            yield _text(self.right - marked - 10, box.y + HEAD / 2 + 4, self._never(), more)
        if box.human:
            yield _person(self.right - 18, box.y + HEAD / 2, _HUMAN)
        if box.closes:
            yield _tick(self.right - 18, box.y + HEAD / 2)
        for number, line in enumerate(box.lines):
            yield from self._line(box.at(number), line)

    def _never(self) -> str:
        return plan_words.NEVER[self.column]

    def _line(self, y: float, line: Line) -> Iterator[str]:
        faint = ' fill-opacity="0.72"' if line.faint else ""
        yield _text(self.left + 14, y + 4, line.text, f'font-size="12"{faint}')
        if line.human:
            yield _person(self.right - 18, y, _HUMAN)
        if line.target in self.by_id:
            target = self.by_id[line.target]
            colour = _colour(target)
            room = int((self.width - 34 - len(line.text) * _SMALL_LETTER) / _SMALL_LETTER)
            yield _text(
                self.right - 14,
                y + 4,
                _cut(self._named(line.target), room) if room > 8 else str(target.place),
                f'text-anchor="end" font-size="11" fill="{colour}"',
            )
            yield f'<circle cx="{self.right:g}" cy="{y:g}" r="3" fill="{colour}"/>'


def _exits(box: Box) -> Iterator[tuple[float, str]]:
    """(height, step) of every arrow out of a box."""
    for number, line in enumerate(box.lines):
        if line.target:
            yield box.at(number), line.target
    if box.step.kind is StepKind.GO_TO:
        yield box.y + HEAD / 2 + 6, box.step.to


def _colour(box: Box) -> str:
    if not box.reached:
        return _NEVER
    if box.closes:
        return _CLOSURE
    return _HUMAN if box.human else "currentColor"


def escaped(text: str) -> str:
    """``text`` as XML has it; what no XML can hold is shown as �."""
    return escape(_NOT_XML.sub("\ufffd", text))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _text(x: float, y: float, text: str, more: str = "") -> str:
    fill = "" if " fill=" in more else ' fill="currentColor"'
    return f'<text x="{x:g}" y="{y:g}"{fill} {more}>{escaped(text)}</text>'


def _path(d: str, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<path d="{d}" stroke="{colour}" stroke-width="1.4" stroke-opacity="0.7"{dash}/>'


def _arrow(x: float, y: float, size: float, colour: str) -> str:
    """An arrowhead whose tip is at (x, y); a negative ``size`` points to the left."""
    return f'<path d="M{x:g} {y:g}l{-size:g} -4v8z" fill="{colour}"/>'


def _circle(x: float, y: float, number: str, colour: str) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="10" stroke="{colour}" stroke-opacity="0.6"/>' + _text(
        x, y + 4, number, f'text-anchor="middle" font-size="11" fill="{colour}"'
    )


def _person(x: float, y: float, colour: str) -> str:
    return (
        f'<circle cx="{x:g}" cy="{y - 3.5:g}" r="3" fill="{colour}"/>'
        f'<path d="M{x - 5.5:g} {y + 6:g}a5.5 5 0 0 1 11 0z" fill="{colour}"/>'
    )


def _tick(x: float, y: float) -> str:
    return (
        f'<path d="M{x - 5:g} {y:g}l3.5 4 6.5 -8" stroke="{_CLOSURE}" stroke-width="2.2"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )
