"""A plan as its pages show it: steps in words, and what is found beside each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from callflow.core.calls.on_call import Who
from callflow.core.plans import changes
from callflow.core.plans import picture as plan_picture
from callflow.core.plans.call_plan import (
    CALLING,
    CONTINUE,
    FIELDS,
    Finding,
    Plan,
    Step,
    StepKind,
)
from callflow.core.plans.call_plan.plan import DEFAULTS, ENUMS, FLAGS
from callflow.core.plans.picture.words import end_words, kind_words, step_title, titles, who_words
from callflow.texts import KINDS, RESOLUTIONS, STEP_KINDS, word
from callflow.texts.plans import plan_settings, plan_words
from callflow.texts.readable import readable

#: The languages in the order of a pair of words.
LANGUAGES = ("fr", "en")
#: CSS pixels of a unit of the picture: its smallest letters are then as large as those around it.
_SCALE = 1.46


def column_of(language: str) -> int:
    """Where a pair of words has this language."""
    return 0 if language == "fr" else 1


def picture(plan: Plan, language: str) -> Markup:
    """The plan drawn, to stand in a page."""
    return Markup(readable(plan_picture.draw(plan, language, _SCALE)))  # noqa: S704 -- escaped there


def picture_beside(plan: Plan, language: str, selected: str) -> Markup:
    """The plan drawn, to stand beside a step that is ``selected``."""
    drawn = plan_picture.draw(plan, language, _SCALE, narrow=True, selected=selected)
    return Markup(readable(drawn))  # noqa: S704 -- escaped there


@dataclass(frozen=True, slots=True)
class FindingShown:
    """A finding in words."""

    code: str
    level: str
    site: str
    text: str


@dataclass(frozen=True, slots=True)
class SettingShown:
    """A setting in words; ``changed``: the plan beside has it otherwise."""

    name: str
    label: str
    value: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class EndShown:
    """An outcome in words, with where it ``leads``; ``changed``: elsewhere in the plan beside."""

    outcome: str
    words: str
    target: str
    leads: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step in words; ``place`` counts from 1. ``kind`` is "" where its title says it.
    ``changed``: the plan beside has a step of another kind or name there."""

    place: int
    id: str
    title: str
    kind: str
    settings: list[SettingShown]
    ends: list[EndShown]
    findings: list[FindingShown]
    changed: bool = False

    @property
    def differs(self) -> bool:
        """Anything of it is changed."""
        return (
            self.changed
            or any(s.changed for s in self.settings)
            or any(e.changed for e in self.ends)
        )


def steps(plan: Plan, found: Iterable[Finding], language: str) -> list[StepShown]:
    """Each step, with the findings that concern it."""
    column, all_found = column_of(language), list(found)
    known = titles(plan, column)
    return [
        StepShown(
            place=place,
            id=step.id,
            title=step_title(step, column),
            kind=_kind_beside(step, column),
            settings=list(settings_of(step, column)),
            ends=list(ends_of(step, known, column)),
            findings=findings([e for e in all_found if e.step == step.id], language, plan),
        )
        for place, step in enumerate(plan.steps, 1)
    ]


def _kind_beside(step: Step, column: int) -> str:
    """What the step does, unless its title begins with that."""
    kind = kind_words(step, column)
    return "" if step_title(step, column).lower().startswith(kind.lower()) else kind


def findings(found: Sequence[Finding], language: str, plan: Plan) -> list[FindingShown]:
    """Each in words, without the step and the site that it is about."""
    column = column_of(language)
    known = {step.id: step for step in plan.steps}

    def said(of: Finding) -> str:
        args = {
            name: _in_words(name, value, known.get(of.step), plan, column)
            for name, value in of.args.items()
        }
        return replace(of, step="", site="", args=args).said(language)

    return [
        FindingShown(
            code=each.code,
            level=each.level.value,
            site=each.site,
            text=said(each),
        )
        for each in found
    ]


def _in_words(name: str, value: Any, step: Step | None, plan: Plan, column: int) -> Any:
    """What fills a finding's words as this page calls it: a program reads ``exhausted``, a person
    that nobody is left to call."""
    match name:
        case "outcome" if step is not None:
            return end_words(step, value, column)
        case "target":
            return target_words(value, titles(plan, column), column) or plan_words.NOTHING[column]
        case "where":
            return setting_named(plan, value, column)
        case "name" if value in plan_settings.SETTINGS:
            label = plan_settings.label(step.kind if step else "", value)
            return (plan_words.DESTINATION if value == "to" else label)[column]
        case "kind" if value in STEP_KINDS:
            return STEP_KINDS[value][column]
        case "kind":
            return ", ".join(word(KINDS, kind, LANGUAGES[column]) for kind in value.split(", "))
        case "service" | "channel":
            return plan_settings.CHOICES[name][value][column]
    return value


def settings_of(step: Step, column: int) -> Iterator[SettingShown]:
    """What is set, and whom it calls."""
    for name in ("text", *FIELDS[step.kind]):
        value = getattr(step, name)
        if value != DEFAULTS[name] or (name == "who" and step.selectors):
            label = plan_settings.label(step.kind, name)[column]
            yield SettingShown(name, label, value_words(step, name, column))


def value_words(step: Step, name: str, column: int) -> str:
    """What a setting is, in words."""
    value: Any = step.selectors if name == "who" else getattr(step, name)
    if value is None:
        return plan_settings.AS_STATION[column]
    if name in ENUMS:
        return plan_settings.CHOICES[name][value][column]
    if name in FLAGS:
        return (plan_settings.YES if value else plan_settings.NO)[column]
    if isinstance(value, tuple):
        return ", ".join(who_words(o, column) if isinstance(o, Who) else str(o) for o in value)
    if name == "code" and value in RESOLUTIONS:
        return RESOLUTIONS[value][column]
    return f"{value:g}" if isinstance(value, float) else str(value)


def ends_of(step: Step, known: Mapping[str, str], column: int) -> Iterator[EndShown]:
    """Each outcome that the plan says."""
    for outcome, target in step.outcomes.items():
        said = end_words(step, outcome, column)
        yield EndShown(outcome, said, target, target_words(target, known, column))


def target_words(target: str, known: Mapping[str, str], column: int) -> str:
    """Where an outcome leads, in words; ``known`` are the titles of the plan's steps."""
    return plan_words.GOES_ON[column] if target == CONTINUE else known.get(target, target)


def setting_named(plan: Plan, where: str, column: int) -> str:
    """``step.setting`` as people call it."""
    step_id, _, name = where.rpartition(".")
    kind = next((step.kind for step in plan.steps if step.id == step_id), "")
    if name not in plan_settings.SETTINGS:
        return where
    return plan_words.SETTING_OF[column].format(
        step=titles(plan, column).get(step_id, step_id),
        setting=plan_settings.label(kind, name)[column],
    )


def does(kind: StepKind, language: str) -> str:
    """What a kind of step does, at the beginning of a line."""
    said = STEP_KINDS[kind][column_of(language)]
    return said[:1].upper() + said[1:]


def calls(step: Step) -> bool:
    """True where it calls people one after the other, and may go on with its list."""
    return step.kind in CALLING


@dataclass(frozen=True, slots=True)
class Pair:
    """A step in both plans (None: it is not there), and what ``happened`` to it as a whole ("":
    neither new, gone nor moved)."""

    id: str
    before: StepShown | None
    after: StepShown | None
    happened: str

    @property
    def changed(self) -> bool:
        """Anything of it."""
        sides = [side for side in (self.before, self.after) if side is not None]
        return bool(self.happened) or any(side.differs for side in sides)


@dataclass(frozen=True, slots=True)
class Sides:
    """Two plans, step by step."""

    names: tuple[str, str]
    rows: list[Pair]
    changes: int


def side_by_side(before: Plan, after: Plan, language: str) -> Sides:
    """Two plans with their settings and ends marked where they differ."""
    old = {each.id: each for each in steps(before, (), language)}
    new = {each.id: each for each in steps(after, (), language)}
    moved = {c.step for c in changes.compare(before, after) if c.code == "moved"}
    rows: list[Pair] = []
    for step_id in _in_order(list(old), list(new)):
        was, now = old.get(step_id), new.get(step_id)
        happened = "new" if was is None else "gone" if now is None else ""
        happened = happened or ("moved" if step_id in moved else "")
        rows.append(Pair(step_id, _marked(was, now), _marked(now, was), happened))
    renamed = before.name != after.name
    return Sides((before.name, after.name), rows, sum(row.changed for row in rows) + renamed)


def _in_order(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The steps as they come now; what is gone stands behind what it stood behind."""
    found = list(new)
    for place, step_id in enumerate(old):
        if step_id not in new:
            behind = next((e for e in reversed(old[:place]) if e in found), None)
            found.insert(0 if behind is None else found.index(behind) + 1, step_id)
    return found


def _marked(step: StepShown | None, other: StepShown | None) -> StepShown | None:
    """``step`` with ``changed`` at each setting and end that ``other`` has not so."""
    if step is None:
        return None
    theirs = {s.name: s.value for s in other.settings} if other else {}
    leads = {e.outcome: e.target for e in other.ends} if other else {}
    return replace(
        step,
        changed=other is not None and (other.title, other.kind) != (step.title, step.kind),
        settings=[
            replace(s, changed=other is not None and theirs.get(s.name) != s.value)
            for s in step.settings
        ],
        ends=[
            replace(e, changed=other is not None and leads.get(e.outcome) != e.target)
            for e in step.ends
        ],
    )
