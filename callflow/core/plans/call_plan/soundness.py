"""What makes a plan unusable whatever the site: said before it is stored or run."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from callflow.core.calls.call import ANSWERS, CALL_BACK_KEY
from callflow.core.calls.purpose import BESIDE_PLANS
from callflow.core.plans.call_plan.findings import Finding
from callflow.core.plans.call_plan.plan import LISTS, Plan, PlanError, Step, from_json
from callflow.core.plans.call_plan.vocabulary import (
    BOUNDS,
    CALLING,
    CONTINUE,
    ENDS,
    EXHAUSTED,
    FIELDS,
    NEUTRAL,
    NOBODY,
    OF_PAPER,
    OVERDUE,
    RESTORED,
    StepKind,
    Stop,
    WithReport,
    justifies,
)
from callflow.core.plans.task import TaskOutcome

#: Ids that a step of a plan can't have: they mean something else in a call's row or a table.
RESERVED_IDS = BESIDE_PLANS | {"", CONTINUE, EXHAUSTED}
LONGEST_ID, LONGEST_CODE = 64, 32  # characters, as the rows have room for
LONGEST_NAME = 100  # characters of what people call a step
LONGEST_TEXT = 2000  # characters: two minutes of speech
LONGEST_LINE = 500  # characters of an address, a subject, an answer, a line of a checklist
MOST_STEPS, MOST_ENTRIES = 100, 100
_ID = re.compile(rf"[0-9A-Za-z][0-9A-Za-z._-]{{0,{LONGEST_ID - 1}}}")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def read(body: Mapping[str, Any]) -> Plan:
    """The plan that ``body`` describes, sound. Raises PlanError, naming what is wrong."""
    return sound(from_json(body))


def sound(plan: Plan) -> Plan:
    """The plan itself where it is sound. Raises PlanError, naming what is wrong."""
    for problem in problems(plan):
        raise PlanError(problem.said(), field=problem.field)
    return plan


def problems(plan: Plan) -> Iterator[Finding]:
    """What makes the plan unusable; nothing where it is sound."""
    if not _ID.fullmatch(plan.id):
        yield Finding(code="plan_id", field="id", args={"most": LONGEST_ID})
    if not 1 <= len(plan.steps) <= MOST_STEPS:
        yield Finding(code="step_count", args={"most": MOST_STEPS})
        return
    kinds = {step.id: step.kind for step in plan.steps}
    if len(kinds) < len(plan.steps):
        yield from _same_ids(plan)
        return
    for place, step in enumerate(plan.steps):
        at = At(step, place)
        yield from _bad_step(at)
        yield from _bad_outcomes(at, kinds)
    yield from _loops(plan)
    yield from _unjustified(plan)


@dataclass(frozen=True, slots=True)
class At:
    """A step and its place in the plan: where a finding is."""

    step: Step
    place: int

    def found(self, code: str, name: str = "", /, **args: Any) -> Finding:
        """A finding of this step, in its field ``name``."""
        field = f"steps.{self.place}.{name}" if name else f"steps.{self.place}"
        return Finding(code=code, step=self.step.id, field=field, args=args)


def _same_ids(plan: Plan) -> Iterator[Finding]:
    seen: set[str] = set()
    for place, step in enumerate(plan.steps):
        if step.id in seen:
            yield At(step, place).found("same_id", "id", id=step.id)
        seen.add(step.id)


def _bad_step(at: At) -> Iterator[Finding]:
    step = at.step
    if step.id in RESERVED_IDS or not _ID.fullmatch(step.id):
        yield at.found("step_id", "id")
    if step.kind is StepKind.CLOSE and not 1 <= len(step.code.strip()) <= LONGEST_CODE:
        yield at.found("close_code", "code", most=LONGEST_CODE)
    yield from _too_long(at)
    for name in FIELDS[step.kind]:
        yield from _bad_figure(at, name)
    yield from _bad_setting(at)


def _too_long(at: At) -> Iterator[Finding]:
    """Texts are spoken, mailed and shown: none is without an end."""
    for name in ("name", "text", *FIELDS[at.step.kind]):
        value = getattr(at.step, name)
        most = {"name": LONGEST_NAME, "text": LONGEST_TEXT}.get(name, LONGEST_LINE)
        if isinstance(value, str) and len(value) > most:
            yield at.found("long_text", name, name=name, most=most)
        if isinstance(value, tuple) and len(value) > MOST_ENTRIES:
            yield at.found("long_list", name, name=name, most=MOST_ENTRIES)
        if name in LISTS and any(len(one) > LONGEST_LINE for one in value):
            yield at.found("long_text", name, name=name, most=LONGEST_LINE)


def _bad_figure(at: At, name: str) -> Iterator[Finding]:
    value = getattr(at.step, name)
    if name not in BOUNDS or value is None:
        return
    least, most = BOUNDS[name]
    if not (math.isfinite(value) and least <= value <= most):
        yield at.found("figure", name, name=name, least=least, most=most)


def _bad_setting(at: At) -> Iterator[Finding]:
    step = at.step
    match step.kind:
        case StepKind.QUESTION if not 1 <= len(step.answers) <= 9:
            yield at.found("answers", "answers")
        case StepKind.QUESTION | StepKind.MESSAGE if not step.text.strip():
            yield at.found("nothing_to_say", "text")
        case StepKind.NOTIFY if step.channel in OF_PAPER:
            if step.report is WithReport.NONE:
                yield at.found("no_report", "report")
        case StepKind.NOTIFY if not step.to.strip():
            yield at.found("no_address", "to")
        case StepKind.WAIT if step.until and not _HOUR.fullmatch(step.until):
            yield at.found("bad_hour", "until")
        case StepKind.PROTECTIVE_MEASURE if not step.text.strip():
            yield at.found("no_measure", "text")
    if step.stop is Stop.N_VALID and step.valid < 2:
        yield at.found("too_few_valid", "valid")
    if step.call_back and len(step.answers) >= int(CALL_BACK_KEY):
        yield at.found("key_taken", "call_back", key=CALL_BACK_KEY)


def _bad_outcomes(at: At, kinds: Mapping[str, StepKind]) -> Iterator[Finding]:
    step = at.step
    for outcome, target in step.outcomes.items():
        where = f"outcomes.{outcome}"
        if outcome not in ENDS[step.kind]:
            yield at.found("unknown_outcome", where, kind=step.kind.value, outcome=outcome)
        if target != CONTINUE and target not in kinds:
            yield at.found("leads_nowhere", where, outcome=outcome, target=target)
        if target == CONTINUE and (
            step.kind not in CALLING or outcome in (EXHAUSTED, NOBODY, OVERDUE)
        ):
            yield at.found("nothing_to_continue", where, outcome=outcome)
    if step.kind is StepKind.GO_TO and step.to not in kinds:
        yield at.found("goes_nowhere", "to", target=step.to)


def _loops(plan: Plan) -> Iterator[Finding]:
    """Only a go_to leads back, and so many times only: then every run ends."""
    order = {step.id: place for place, step in enumerate(plan.steps)}
    for place, step in enumerate(plan.steps):
        at = At(step, place)
        for outcome, target in step.outcomes.items():
            if target in order and order[target] <= place:
                yield at.found("loop", f"outcomes.{outcome}", target=target)
        if step.kind is StepKind.GO_TO and step.to == step.id:
            yield at.found("goes_to_itself", "to")


def _unjustified(plan: Plan) -> Iterator[Finding]:
    """Every way into a closure must pass an answer that justifies it (invariant 2)."""
    for at, outcome in ungrounded(plan, follow):
        name = f"outcomes.{outcome}" if outcome else "to"
        yield at.found("unjustified", name, outcome=outcome)
    if plan.first.kind is StepKind.CLOSE:
        yield At(plan.first, 0).found("closes_first")


def ungrounded(plan: Plan, weigh: Callable[[Step, str, bool], bool]) -> Iterator[tuple[At, str]]:
    """Where a step leads into a closure that nothing justifies, and by which outcome.

    ``weigh`` says whether a closure is justified after a step ended so, given that it was before.
    """
    places = {step.id: place for place, step in enumerate(plan.steps)}
    seen: set[tuple[int, bool]] = set()
    told: set[tuple[int, str]] = set()
    todo = [(0, False)]
    while todo:
        place, grounds = todo.pop()
        if (place, grounds) in seen:
            continue
        seen.add((place, grounds))
        step = plan.steps[place]
        for outcome, target in exits(step):
            if target not in places:
                continue
            follows = weigh(step, outcome, grounds)
            closes = plan.steps[places[target]].kind is StepKind.CLOSE
            if closes and not follows and (place, outcome) not in told:
                told.add((place, outcome))
                yield At(step, place), outcome
            todo.append((places[target], follows))


def exits(step: Step) -> Iterator[tuple[str, str]]:
    """(outcome, target) of every way out of ``step`` that its table names; a go_to's too."""
    yield from step.outcomes.items()
    if step.kind is StepKind.GO_TO:
        yield "", step.to


def follow(step: Step, outcome: str, grounds: bool) -> bool:
    """True where a closure is justified after ``step`` ended so, given that it was before."""
    if step.kind in NEUTRAL:
        return grounds
    return justifies(step.kind, outcome, technical=True)


def reachable(plan: Plan) -> frozenset[str]:
    """The ids of the steps that some run of a sound plan comes to."""
    found: set[str] = set()
    todo = [plan.first.id]
    ids = {step.id for step in plan.steps}
    while todo:
        at = todo.pop()
        if at in found or at not in ids:
            continue
        found.add(at)
        step = plan.step(at)
        never = impossible(step)
        todo += [target for outcome, target in exits(step) if outcome not in never]
    return frozenset(found)


def impossible(step: Step) -> frozenset[str]:
    """Ends of its kind that ``step`` never has, as it is set."""
    match step.kind:
        case StepKind.QUESTION:
            return frozenset(ANSWERS[len(step.answers) :])
        case StepKind.WAIT if not step.restore:
            return frozenset({RESTORED})
        case StepKind.NOTIFY if not step.confirm:
            return frozenset({TaskOutcome.FAILED, TaskOutcome.OVERDUE})
    return frozenset()
