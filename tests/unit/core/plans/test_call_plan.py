"""What makes a plan usable, and the plans every station starts with."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.calls.call import Outcome
from callflow.core.plans.call_plan import (
    CALLING,
    CONTINUE,
    ENDS,
    EXHAUSTED,
    Plan,
    PlanError,
    Step,
    StepKind,
    Stop,
    problems,
    read,
    to_json,
)
from callflow.core.plans.standard import STANDARD_PLANS, plan_id
from callflow.core.signals.signal import PERSONAL, Category, Kind

CALL = {"id": "call", "kind": "call_list"}
HAND = {"id": "hand", "kind": "hand_to_operator"}
CLOSE = {"id": "close", "kind": "close", "code": "x"}


def body(*steps: Any, **fields: Any) -> dict[str, Any]:
    return {"id": "p", "version": 3, "name": "Plan", "steps": list(steps), **fields}


BAD = {
    "no step": (body(), "must have 1 to 100 steps"),
    "no id": (body(HAND, id=""), "its id must have 1 to 64"),
    "id too long": (body(HAND, id="x" * 65), "its id must have 1 to 64"),
    "steps missing": ({"id": "p"}, "'steps'"),
    "no plan at all": ([], "can't be read"),
    "steps that are none": (body("call"), "needs an id and a kind"),
    "unknown kind": (body({"id": "a", "kind": "pray"}), "pray"),
    "unknown stop": (body({**CALL, "stop": "never"}), "stop must be one of"),
    "two of one id": (body(HAND, HAND), "two steps have the same id"),
    "a table's word": (body({**HAND, "id": CONTINUE}), "can't have this id"),
    "a call's word": (body({**HAND, "id": "bridge"}), "can't have this id"),
    "close without a code": (body({**CLOSE, "code": " "}), "choose the resolution code"),
    "a code too long": (body({**CLOSE, "code": "x" * 33}), "choose the resolution code"),
    "no attempt": (body({**CALL, "attempts": 0}), "between 1 and 10"),
    "too many": (body({**CALL, "attempts": 11}), "between 1 and 10"),
    "attempts of nothing": (body({**CALL, "attempts": None}), "step 'call'"),
    "endless attempts": (body({**CALL, "attempts": float("inf")}), "step 'call'"),
    "a pause backwards": (body({**CALL, "delay_s": -1}), "delay_s"),
    "a pause for ever": (body({**CALL, "delay_s": float("inf")}), "delay_s"),
    "a pause of nothing": (body({**CALL, "delay_s": float("nan")}), "delay_s"),
    "a ring too short": (body({**CALL, "ring_s": 1}), "ring_s"),
    "a ring too long": (body({**CALL, "ring_s": 1000}), "ring_s"),
    "unknown outcome": (body({**CALL, "outcomes": {"fainted": CONTINUE}}), "fainted"),
    "leads nowhere": (body({**CALL, "outcomes": {"busy": "moon"}}), "which is no step"),
    "never done": (body({**CALL, "outcomes": {EXHAUSTED: CONTINUE}}), "nothing to continue with"),
    "back": (body(HAND, {**CALL, "outcomes": {"busy": "hand"}}), "could run for ever"),
    "itself": (body({**CALL, "outcomes": {"busy": "call"}}), "could run for ever"),
    "closes on nobody": (body({**CALL, "outcomes": {EXHAUSTED: "close"}}, CLOSE), "justifies no"),
    "closes on help": (body({**CALL, "outcomes": {"help": "close"}}, CLOSE), "justifies no"),
    "closes on duress": (body({**CALL, "outcomes": {"duress": "close"}}, CLOSE), "justifies no"),
    "closes on silence": (body({**CALL, "outcomes": {"no_key": "close"}}, CLOSE), "justifies no"),
}


@pytest.mark.parametrize(("plan", "message"), BAD.values(), ids=BAD)
def test_a_plan_that_cannot_be_used_says_why(plan: Any, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        read(plan)


def test_what_is_left_out_has_a_default() -> None:
    plan = read({"id": "p", "steps": [CALL]})
    assert plan == Plan(
        id="p", version=1, name="p", steps=(Step(id="call", kind=StepKind.CALL_LIST),)
    )


def test_a_full_plan_is_stored_and_read_back_alike() -> None:
    call = CALL | {"attempts": 2, "delay_s": 5.0, "stop": "all", "ring_s": 8.0}
    plan = body({**call, "outcomes": {"busy": "hand"}}, {**HAND, "text": "Règles"}, CLOSE)
    assert to_json(read(plan)) == plan


@pytest.mark.parametrize("outcome", sorted(ENDS[StepKind.CALL_LIST] & frozenset(Outcome)))
def test_an_outcome_that_no_plan_names_is_a_humans_or_the_next_persons(outcome: str) -> None:
    step = Step(id="a", kind=StepKind.CALL_LIST)
    reached = {"help", "operator", "going", "send_guard", "known_cause", "wrong_code", "duress"}
    human = outcome in reached | {"verified_ok"}
    assert step.target(outcome) == (None if human else CONTINUE)
    assert Step(id="a", kind=StepKind.CALL_LIST, stop=Stop.ALL).target(outcome) == CONTINUE


@pytest.mark.parametrize("plan", STANDARD_PLANS, ids=lambda plan: plan.id)
def test_standard_plans_are_sound_and_stored_alike(plan: Plan) -> None:
    assert list(problems(plan)) == []
    assert read(to_json(plan)) == plan


@pytest.mark.parametrize("plan", STANDARD_PLANS, ids=lambda plan: plan.id)
def test_standard_plans_end_with_an_operator_when_nobody_answers(plan: Plan) -> None:
    step = plan.first
    while step.kind in CALLING:
        step = plan.step(step.outcomes[EXHAUSTED])
    assert step.kind is StepKind.HAND_TO_OPERATOR


def test_a_technical_fault_at_night_has_a_plan_that_wakes_nobody() -> None:
    everything = {"*": "mine", "security": "guard"}
    assert plan_id(everything, Kind.POWER, Category.TECHNICAL) == "operator"
    assert plan_id(everything, Kind.INTRUSION, Category.SECURITY) == "guard"
    assert plan_id({"*": "mine"}, Kind.INTRUSION, Category.SECURITY) == "mine"
    assert plan_id({}, Kind.INTRUSION, Category.SECURITY) == "intrusion"


def test_a_sites_plan_for_a_kind_wins() -> None:
    assert plan_id({"power": "mains"}, Kind.POWER, Category.TECHNICAL) == "mains"
    assert plan_id({"technical": "maintenance"}, Kind.POWER, Category.TECHNICAL) == "maintenance"
    assert plan_id({}, Kind.FIRE, Category.VITAL) == "fire"


@pytest.mark.parametrize("kind", sorted(PERSONAL | {Kind.MEDICAL, Kind.LIFT, Kind.UNKNOWN}))
def test_no_plan_for_everything_rings_for_people_in_danger(kind: Kind) -> None:
    assert plan_id({"*": "intrusion"}, kind, Category.SECURITY) == "operator"
