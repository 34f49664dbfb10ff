"""A call plan: ordered steps, each with a table outcome → next step. Versions are immutable."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from callflow.call import BRIDGE_STEP, BY_HAND_STEP, INCOMING_STEP, QUEUE_STEP, Outcome
from callflow.site import Role


class StepKind(StrEnum):
    """What a step does."""

    COUNTER_CALL = "counter_call"  # call the premises, twice, a little apart (D15)
    CALL_LIST = "call_list"  # call the keyholders in order
    HAND_TO_OPERATOR = "hand_to_operator"
    CLOSE = "close"  # with a resolution code: a justified closure


class Stop(StrEnum):
    """When a call list is done before its end."""

    FIRST_VALID = "first_valid"  # an outcome that leads to another step ends it
    ALL = "all"  # everybody is called, whatever anybody answered


CALLING = frozenset({StepKind.COUNTER_CALL, StepKind.CALL_LIST})

#: Target that stays in the step and takes the next attempt or person.
CONTINUE = "continue"
#: Outcome-table key for "nobody left to call".
EXHAUSTED = "exhausted"

#: The answers that justify a closure by the machine; anything else is a human's (invariant 2).
JUSTIFIED = frozenset({Outcome.VERIFIED_OK, Outcome.KNOWN_CAUSE})

#: Ids that a step of a plan can't have: they mean something else in a call's row or a table.
RESERVED_IDS = frozenset(
    {"", CONTINUE, EXHAUSTED, QUEUE_STEP, BRIDGE_STEP, BY_HAND_STEP, INCOMING_STEP}
)
_LONGEST_ID, _LONGEST_CODE = 64, 32  # characters, as the rows have room for
_LONGEST_DELAY, _SHORTEST_RING, _LONGEST_RING = 3600.0, 5.0, 120.0  # seconds

_BACK_TO_LIST = frozenset(
    {
        Outcome.NO_ANSWER,
        Outcome.BUSY,
        Outcome.REFUSED,
        Outcome.UNREACHABLE,
        Outcome.NO_KEY,
        Outcome.HUNG_UP,
        Outcome.NO_NUMBER,
        Outcome.TRUNK_FAILURE,
        Outcome.UNKNOWN,
        Outcome.ERROR,
        Outcome.NEXT_PERSON,
        Outcome.VERIFIED_NO_AUTHORITY,
    }
)


class PlanError(ValueError):
    """A plan that can't be used; the message says where and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step. ``delay_s`` parts two attempts to one person, ``ring_s`` how long a phone rings."""

    id: str
    kind: StepKind
    attempts: int = 1
    delay_s: float = 20.0
    ring_s: float | None = None  # None: the station's setting
    stop: Stop = Stop.FIRST_VALID
    text: str = ""  # what the operator is told
    code: str = ""  # the resolution code of a close
    outcomes: dict[str, str] = field(default_factory=dict)

    @property
    def role(self) -> Role:
        """Whom a calling step calls."""
        return Role.PREMISES if self.kind is StepKind.COUNTER_CALL else Role.KEYHOLDER

    def target(self, outcome: Outcome | str) -> str | None:
        """Where ``outcome`` leads: a step's id, CONTINUE, or None for a human (the default)."""
        named = self.outcomes.get(str(outcome))
        if named is not None:
            return named
        return CONTINUE if outcome in _BACK_TO_LIST or self.stop is Stop.ALL else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One immutable version of a plan."""

    id: str
    version: int
    name: str
    steps: tuple[Step, ...]

    @property
    def first(self) -> Step:
        return self.steps[0]

    def step(self, step_id: str) -> Step:
        """The step with this id. Raises PlanError."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise PlanError(f"plan {self.id}: there is no step {step_id!r}")


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as it is stored, frozen into incidents and exchanged."""
    return {
        "id": plan.id,
        "version": plan.version,
        "name": plan.name,
        "steps": [_step_to_json(step) for step in plan.steps],
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    body: dict[str, Any] = {"id": step.id, "kind": step.kind.value}
    if step.kind in CALLING:
        body |= {"attempts": step.attempts, "delay_s": step.delay_s, "stop": step.stop.value}
        if step.ring_s is not None:
            body["ring_s"] = step.ring_s
        body["outcomes"] = dict(step.outcomes)
    if step.text:
        body["text"] = step.text
    if step.code:
        body["code"] = step.code
    return body


def from_json(body: dict[str, Any]) -> Plan:
    """The plan that ``body`` describes. Raises PlanError, naming what is wrong."""
    try:
        steps = tuple(_step_from_json(step) for step in body["steps"])
        plan = Plan(
            id=str(body["id"]),
            version=int(body.get("version", 1)),
            name=str(body.get("name", body["id"])),
            steps=steps,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise PlanError(f"the plan can't be read: {error!r}") from error
    for problem in problems(plan):
        raise PlanError(problem)
    return plan


def _step_from_json(body: dict[str, Any]) -> Step:
    ring_s = body.get("ring_s")
    return Step(
        id=str(body["id"]),
        kind=StepKind(body["kind"]),
        attempts=int(body.get("attempts", 1)),
        delay_s=float(body.get("delay_s", 20.0)),
        ring_s=None if ring_s is None else float(ring_s),
        stop=Stop(body.get("stop", Stop.FIRST_VALID)),
        text=str(body.get("text", "")),
        code=str(body.get("code", "")),
        outcomes={str(k): str(v) for k, v in dict(body.get("outcomes", {})).items()},
    )


def problems(plan: Plan) -> Iterator[str]:
    """What makes the plan unusable, in words; nothing where it is sound."""
    if not 1 <= len(plan.id) <= _LONGEST_ID:
        yield f"plan {plan.id!r}: its id must have 1 to {_LONGEST_ID} characters"
    if not plan.steps:
        yield f"plan {plan.id}: it has no step"
        return
    kinds = {step.id: step.kind for step in plan.steps}
    if len(kinds) < len(plan.steps):
        yield f"plan {plan.id}: two steps have the same id"
    for step in plan.steps:
        yield from _bad_step(step)
        yield from _bad_outcomes(step, kinds)
    yield from _loops(plan)


def _bad_step(step: Step) -> Iterator[str]:
    if step.id in RESERVED_IDS or len(step.id) > _LONGEST_ID:
        yield f"step {step.id!r}: a step can't have this id"
    if step.kind is StepKind.CLOSE and not 1 <= len(step.code.strip()) <= _LONGEST_CODE:
        yield f"step {step.id!r} closes without a resolution code (1 to {_LONGEST_CODE} characters)"
    if step.kind not in CALLING:
        return
    if not 1 <= step.attempts <= 10:
        yield f"step {step.id!r}: attempts must lie between 1 and 10"
    if not (math.isfinite(step.delay_s) and 0 <= step.delay_s <= _LONGEST_DELAY):
        yield f"step {step.id!r}: delay_s must lie between 0 and {_LONGEST_DELAY:.0f} seconds"
    if step.ring_s is not None and not _SHORTEST_RING <= step.ring_s <= _LONGEST_RING:
        yield (
            f"step {step.id!r}: ring_s must lie between {_SHORTEST_RING:.0f} and"
            f" {_LONGEST_RING:.0f} seconds"
        )


def _bad_outcomes(step: Step, kinds: dict[str, StepKind]) -> Iterator[str]:
    known = {outcome.value for outcome in Outcome} | {EXHAUSTED}
    for outcome, target in step.outcomes.items():
        if outcome not in known:
            yield f"step {step.id!r}: there is no outcome {outcome!r}"
        if target != CONTINUE and target not in kinds:
            yield f"step {step.id!r}: outcome {outcome!r} leads to {target!r}, which is no step"
        if target == CONTINUE and outcome == EXHAUSTED:
            yield f"step {step.id!r}: an exhausted list can't continue"
        if kinds.get(target) is StepKind.CLOSE and outcome not in JUSTIFIED:
            yield f"step {step.id!r}: {outcome!r} justifies no closure: lead it to an operator"


def _loops(plan: Plan) -> Iterator[str]:
    """A step may only lead forward: then every run ends (loops with limits come later)."""
    order = {step.id: position for position, step in enumerate(plan.steps)}
    for step in plan.steps:
        for target in step.outcomes.values():
            if target in order and order[target] <= order[step.id]:
                yield f"step {step.id!r} leads back to {target!r}: the plan could run for ever"
