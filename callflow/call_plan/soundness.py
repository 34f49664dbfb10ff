"""What makes a plan unusable whatever the site: said before it is stored or run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from callflow.call import BESIDE_PLANS
from callflow.call_plan.plan import Plan, PlanError, Step, from_json
from callflow.call_plan.vocabulary import (
    BOUNDS,
    CALLING,
    CONTINUE,
    ENDS,
    EXHAUSTED,
    FIELDS,
    NEUTRAL,
    NOBODY,
    OVERDUE,
    StepKind,
    Stop,
    justifies,
)

#: Ids that a step of a plan can't have: they mean something else in a call's row or a table.
RESERVED_IDS = BESIDE_PLANS | {"", CONTINUE, EXHAUSTED}
_LONGEST_ID, _LONGEST_CODE = 64, 32  # characters, as the rows have room for
_LONGEST_TEXT = 2000  # characters: two minutes of speech
_MOST_STEPS = 100
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def read(body: Mapping[str, Any]) -> Plan:
    """The plan that ``body`` describes, sound. Raises PlanError, naming what is wrong."""
    plan = from_json(body)
    for problem in problems(plan):
        raise PlanError(problem)
    return plan


def problems(plan: Plan) -> Iterator[str]:
    """What makes the plan unusable, in words; nothing where it is sound."""
    if not 1 <= len(plan.id) <= _LONGEST_ID:
        yield f"plan {plan.id!r}: its id must have 1 to {_LONGEST_ID} characters"
    if not 1 <= len(plan.steps) <= _MOST_STEPS:
        yield f"plan {plan.id}: it must have 1 to {_MOST_STEPS} steps"
        return
    kinds = {step.id: step.kind for step in plan.steps}
    if len(kinds) < len(plan.steps):
        yield f"plan {plan.id}: two steps have the same id"
        return
    for step in plan.steps:
        yield from _bad_step(step)
        yield from _bad_outcomes(step, kinds)
    yield from _loops(plan)
    yield from _unjustified(plan)


def _bad_step(step: Step) -> Iterator[str]:
    if step.id in RESERVED_IDS or len(step.id) > _LONGEST_ID:
        yield f"step {step.id!r}: a step can't have this id"
    if step.kind is StepKind.CLOSE and not 1 <= len(step.code.strip()) <= _LONGEST_CODE:
        yield f"step {step.id!r} closes without a resolution code (1 to {_LONGEST_CODE} characters)"
    if len(step.text) > _LONGEST_TEXT:
        yield f"step {step.id!r}: its text is longer than {_LONGEST_TEXT} characters"
    for name in FIELDS[step.kind]:
        yield from _bad_figure(step, name)
    yield from _bad_setting(step)


def _bad_figure(step: Step, name: str) -> Iterator[str]:
    value = getattr(step, name)
    if name not in BOUNDS or value is None:
        return
    least, most = BOUNDS[name]
    if not (math.isfinite(value) and least <= value <= most):
        yield f"step {step.id!r}: {name} must lie between {least:g} and {most:g}"


def _bad_setting(step: Step) -> Iterator[str]:
    match step.kind:
        case StepKind.QUESTION if not 1 <= len(step.answers) <= 9:
            yield f"step {step.id!r}: a question has 1 to 9 answers"
        case StepKind.QUESTION | StepKind.MESSAGE if not step.text.strip():
            yield f"step {step.id!r}: there is nothing to say: write it in text"
        case StepKind.NOTIFY if not step.to.strip():
            yield f"step {step.id!r}: to whom? write the address in to"
        case StepKind.WAIT if step.until and not _HOUR.fullmatch(step.until):
            yield f"step {step.id!r}: until must be an hour, such as 08:00"
        case StepKind.PROTECTIVE_MEASURE if not step.text.strip():
            yield f"step {step.id!r}: say in text what the measure is"
    if step.stop is Stop.N_VALID and step.valid < 2:
        yield f"step {step.id!r}: n_valid needs valid of 2 or more"


def _bad_outcomes(step: Step, kinds: Mapping[str, StepKind]) -> Iterator[str]:
    ends = ENDS[step.kind]
    for outcome, target in step.outcomes.items():
        if outcome not in ends:
            yield f"step {step.id!r}: a {step.kind} has no outcome {outcome!r}"
        if target != CONTINUE and target not in kinds:
            yield f"step {step.id!r}: outcome {outcome!r} leads to {target!r}, which is no step"
        if target == CONTINUE and (
            step.kind not in CALLING or outcome in (EXHAUSTED, NOBODY, OVERDUE)
        ):
            yield f"step {step.id!r}: after {outcome!r} there is nothing to continue with"
    if step.kind is StepKind.GO_TO and step.to not in kinds:
        yield f"step {step.id!r} goes to {step.to!r}, which is no step"


def _loops(plan: Plan) -> Iterator[str]:
    """Only a go_to leads back, and so many times only: then every run ends."""
    order = {step.id: place for place, step in enumerate(plan.steps)}
    for step in plan.steps:
        for target in step.outcomes.values():
            if target in order and order[target] <= order[step.id]:
                yield (
                    f"step {step.id!r} leads back to {target!r}: the plan could run for ever"
                    " (use a go_to, which says how often)"
                )
        if step.kind is StepKind.GO_TO and step.to == step.id:
            yield f"step {step.id!r} goes to itself"


def _unjustified(plan: Plan) -> Iterator[str]:
    """Every way into a closure must pass an answer that justifies it (invariant 2)."""
    kinds = {step.id: step.kind for step in plan.steps}
    reached: dict[str, set[bool]] = {step.id: set() for step in plan.steps}
    todo: list[tuple[str, bool]] = [(plan.first.id, False)]
    told: set[tuple[str, str]] = set()
    while todo:
        at, grounds = todo.pop()
        if grounds in reached[at]:
            continue
        reached[at].add(grounds)
        step = plan.step(at)
        for outcome, target in exits(step):
            if target not in kinds:
                continue
            follows = follow(step, outcome, grounds=grounds)
            if kinds[target] is StepKind.CLOSE and not follows and (at, outcome) not in told:
                told.add((at, outcome))
                yield f"step {at!r}: {outcome!r} justifies no closure: lead it to an operator"
            todo.append((target, follows))
    if plan.first.kind is StepKind.CLOSE:
        yield f"step {plan.first.id!r} closes what nobody has looked at"


def exits(step: Step) -> Iterator[tuple[str, str]]:
    """(outcome, target) of every way out of ``step`` that its table names; a go_to's too."""
    yield from step.outcomes.items()
    if step.kind is StepKind.GO_TO:
        yield "", step.to


def follow(step: Step, outcome: str, *, grounds: bool) -> bool:
    """Whether a closure is justified after ``step`` ended so, given that it was before."""
    if step.kind in NEUTRAL:
        return grounds
    return justifies(step.kind, outcome, technical=True)
