"""The boxes of a picture: what stands in each, and where. Lengths are SVG user units."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from callflow.core.plans.call_plan import BY_OPERATOR, CALLING, CONTINUE, Plan, Step, StepKind
from callflow.core.plans.picture.words import details, end_words, kind_words, step_title, titles
from callflow.texts.plans import plan_words

#: A box's width, of a picture that stands beside others too, a line's height, the space between
#: boxes and around everything.
WIDTH, NARROW, LINE, GAP, MARGIN = 400.0, 290.0, 17.0, 22.0, 16.0
HEAD = 28.0
_PAD = 8.0
#: The width of a letter, about, and lines that a text is cut after.
_LETTER, _MOST_LINES = 6.9, 3
_MOST_ENDS = 8  # lines for the outcomes that lead to one step
#: Without outcomes these end the plan, and say so by themselves.
_LAST = frozenset({StepKind.CLOSE, StepKind.HAND_TO_OPERATOR})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a box. ``target`` is the step that it leads to, "" where it leads nowhere."""

    text: str
    target: str = ""
    human: bool = False  # it leads to an operator though no step says so
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """One step as it is drawn. ``y`` is its top; ``whole`` all that is said, for a tooltip."""

    step: Step
    place: int
    title: str
    kind: str
    lines: tuple[Line, ...]
    whole: str
    y: float
    reached: bool

    @property
    def height(self) -> float:
        return HEAD + LINE * len(self.lines) + (_PAD if self.lines else 0.0)

    @property
    def human(self) -> bool:
        return self.step.kind in BY_OPERATOR

    @property
    def closes(self) -> bool:
        return self.step.kind is StepKind.CLOSE

    def at(self, number: int) -> float:
        """The height of the middle of a line."""
        return self.y + HEAD + LINE * (number + 0.5)


def boxes(plan: Plan, reached: frozenset[str], column: int, width: float) -> list[Box]:
    """The boxes from top to bottom; ``column`` 0 is French, 1 English."""
    found: list[Box] = []
    known = titles(plan, column)
    y = MARGIN + HEAD
    for place, step in enumerate(plan.steps, 1):
        told = details(step, column, known)
        said = [Line(text, faint=True) for text in _cut_all(told, width)]
        title, kind = step_title(step, column), kind_words(step, column)
        box = Box(
            step=step,
            place=place,
            title=title,
            kind=kind,
            lines=(*said, *_ends(step, column, width)),
            whole="\n".join([title, *told]),
            y=y,
            reached=step.id in reached,
        )
        found.append(box)
        y += box.height + GAP
    return found


def _cut_all(texts: list[str], width: float) -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, _MOST_LINES, width)


def _wrapped(text: str, most: int, width: float) -> list[str]:
    """In lines that a box of this width has room for."""
    room = int(width / _LETTER)
    return textwrap.wrap(text, room, max_lines=most, placeholder=" …", break_long_words=True)


def _ends(step: Step, column: int, width: float) -> Iterator[Line]:
    """The outcomes, together where they lead to the same step, the arrow at the last line."""
    targets: dict[str, list[str]] = {}
    for outcome, target in step.outcomes.items():
        targets.setdefault(target, []).append(end_words(step, outcome, column))
    for target, ends in targets.items():
        if target == CONTINUE:
            yield from (Line(f"↻ {line}") for line in _goes_on(ends, column, width))
            continue
        lines = _wrapped(" · ".join(ends), _MOST_ENDS, width) or [target]
        yield from (Line(line) for line in lines[:-1])
        yield Line(lines[-1], target=target)
    if step.kind in CALLING or not (step.outcomes or step.kind in _LAST):
        yield Line(plan_words.OTHERWISE[column], human=True, faint=True)


def _goes_on(ends: list[str], column: int, width: float) -> list[str]:
    return _wrapped(f"{plan_words.GOES_ON[column]} : {' · '.join(ends)}", _MOST_ENDS, width)
