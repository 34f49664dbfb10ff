"""How two versions of a plan differ, in words: what an administrator signs. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from callflow.core.calls.on_call import Who
from callflow.core.plans.call_plan import FIELDS, Plan, Step
from callflow.texts import STEP_KINDS
from callflow.texts.plans.plan_words import CHANGES, UNSAID


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One difference. ``name`` is the setting or outcome; ``before`` and ``after`` as written."""

    code: str  # of texts.plan_words.CHANGES
    step: str = ""
    name: str = ""
    before: str = ""
    after: str = ""
    said: Mapping[str, str] = field(default_factory=dict)  # in words, by language

    def to_json(self) -> dict[str, Any]:
        """As the API and the command line give it."""
        return {
            "code": self.code,
            "step": self.step,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            **self.said,
        }


def compare(before: Plan, after: Plan) -> list[Change]:
    """What changes from ``before`` to ``after``; [] where they do the same, whatever the version.

    A step is the same step as long as it keeps its id.
    """
    return [_said(change) for change in _changes(before, after)]


def _said(change: Change) -> Change:
    said = {}
    for column, language in enumerate(("fr", "en")):
        shown = {
            "step": change.step,
            "name": change.name,
            "before": _kind(change, change.before, column) or UNSAID[column],
            "after": _kind(change, change.after, column) or UNSAID[column],
        }
        said[language] = CHANGES[change.code][column].format_map(shown)
    return replace(change, said=said)


def _kind(change: Change, value: str, column: int) -> str:
    if change.code not in ("added", "removed", "kind") or not value:
        return value
    return STEP_KINDS[value][column]


def _changes(before: Plan, after: Plan) -> Iterator[Change]:
    if before.name != after.name:
        yield Change(code="renamed", before=before.name, after=after.name)
    old = {step.id: step for step in before.steps}
    new = {step.id: step for step in after.steps}
    for step in before.steps:
        if step.id not in new:
            yield Change(code="removed", step=step.id, before=step.kind.value)
    moved = _moved(list(old), list(new))
    for place, step in enumerate(after.steps, 1):
        if step.id not in old:
            yield Change(code="added", step=step.id, after=step.kind.value)
            continue
        if step.id in moved:
            was = list(old).index(step.id) + 1
            yield Change(code="moved", step=step.id, before=str(was), after=str(place))
        yield from _of_step(old[step.id], step)


def _moved(before: list[str], after: list[str]) -> set[str]:
    """The steps that are in both, and not in the same order to each other."""
    common = set(before) & set(after)
    one, other = ([step for step in ids if step in common] for ids in (before, after))
    kept: set[str] = set()
    for block in SequenceMatcher(a=one, b=other, autojunk=False).get_matching_blocks():
        kept |= set(one[block.a : block.a + block.size])
    return common - kept


def _of_step(before: Step, after: Step) -> Iterator[Change]:
    if before.kind is not after.kind:
        yield Change(code="kind", step=after.id, before=before.kind.value, after=after.kind.value)
    for name in dict.fromkeys(("name", "text", *FIELDS[before.kind], *FIELDS[after.kind])):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield Change(
                code="setting", step=after.id, name=name, before=_shown(was), after=_shown(now)
            )
    for outcome in sorted({*before.outcomes, *after.outcomes}):
        was, now = before.outcomes.get(outcome, ""), after.outcomes.get(outcome, "")
        if was != now:
            yield Change(code="outcome", step=after.id, name=outcome, before=was, after=now)


def _shown(value: Any) -> str:
    """A setting as it is written in a plan; "" for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, Who):
        ((name, named),) = value.to_json().items()
        return f"{name}: {named}"
    return str(value)
