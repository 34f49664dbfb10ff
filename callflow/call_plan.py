"""A call plan: ordered steps, each with a table outcome → next step. Versions are immutable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from callflow.call import Outcome
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
    except (KeyError, TypeError, ValueError) as error:
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
    if not plan.steps:
        yield f"plan {plan.id}: it has no step"
        return
    ids = [step.id for step in plan.steps]
    for step in plan.steps:
        if ids.count(step.id) > 1:
            yield f"plan {plan.id}: two steps are called {step.id!r}"
        if step.kind is StepKind.CLOSE and not step.code:
            yield f"step {step.id!r} closes without a resolution code"
        if step.kind in CALLING and not 1 <= step.attempts <= 10:
            yield f"step {step.id!r}: attempts must lie between 1 and 10"
        yield from _bad_outcomes(step, ids)
    yield from _loops(plan)


def _bad_outcomes(step: Step, ids: list[str]) -> Iterator[str]:
    known = {outcome.value for outcome in Outcome} | {EXHAUSTED}
    for outcome, target in step.outcomes.items():
        if outcome not in known:
            yield f"step {step.id!r}: there is no outcome {outcome!r}"
        if target != CONTINUE and target not in ids:
            yield f"step {step.id!r}: outcome {outcome!r} leads to {target!r}, which is no step"
        if target == CONTINUE and outcome == EXHAUSTED:
            yield f"step {step.id!r}: an exhausted list can't continue"


def _loops(plan: Plan) -> Iterator[str]:
    """A step may only lead forward: then every run ends (loops with limits come later)."""
    order = {step.id: position for position, step in enumerate(plan.steps)}
    for step in plan.steps:
        for target in step.outcomes.values():
            if target in order and order[target] <= order[step.id]:
                yield f"step {step.id!r} leads back to {target!r}: the plan could run for ever"
