"""Two versions of a plan compared, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callflow.core.plans.call_plan import Plan, from_json
from callflow.core.plans.changes import compare
from callflow.core.plans.standard import STANDARD_PLANS

CALL: dict[str, Any] = {"id": "call", "kind": "call_list", "outcomes": {"exhausted": "hand"}}
HAND: dict[str, Any] = {"id": "hand", "kind": "hand_to_operator"}
WAIT: dict[str, Any] = {"id": "wait", "kind": "wait", "outcomes": {"elapsed": "hand"}}


def plan(*steps: dict[str, Any], **more: Any) -> Plan:
    return from_json({"id": "p", "steps": list(steps), **more})


BEFORE = plan(CALL, HAND)
CASES = {
    "nothing": (plan(CALL, HAND, version=7), []),
    "its name": (plan(CALL, HAND, name="Q"), ["the plan is named Q (before: p)"]),
    "a step more": (plan(CALL, WAIT, HAND), ["new step 'wait' (wait)"]),
    "a step less": (plan(HAND), ["step 'call' is gone (call list)"]),
    "another order": (plan(HAND, CALL), ["step 'hand' moved: 2 → 1"]),
    "another kind": (
        plan(CALL, {"id": "hand", "kind": "listen_in"}),
        ["step 'hand': hand to an operator → listen in"],
    ),
    "more attempts": (plan({**CALL, "attempts": 3}, HAND), ["step 'call': attempts 1 → 3"]),
    "a step's name": (
        plan({**CALL, "name": "Famille"}, HAND),
        ["step 'call': name unsaid → Famille"],
    ),
    "a text": (plan(CALL, {**HAND, "text": "Now"}), ["step 'hand': text unsaid → Now"]),
    "other people": (
        plan({**CALL, "who": [{"role": "manager"}, {"contact": "anne"}]}, HAND),
        ["step 'call': who unsaid → role: manager, contact: anne"],
    ),
    "an outcome more": (
        plan({**CALL, "outcomes": {"exhausted": "hand", "going": "hand"}}, HAND),
        ["step 'call', outcome going: unsaid → hand"],
    ),
    "an outcome less": (
        plan({**CALL, "outcomes": {}}, HAND),
        ["step 'call', outcome exhausted: hand → unsaid"],
    ),
}


@pytest.mark.parametrize(("after", "said"), CASES.values(), ids=CASES)
def test_a_change_is_said_in_words(after: Plan, said: list[str]) -> None:
    changes = compare(BEFORE, after)
    assert [change.to_json()["en"] for change in changes] == said
    assert all(change.to_json()["fr"] != change.to_json()["en"] for change in changes)


@pytest.mark.parametrize("one", STANDARD_PLANS, ids=lambda one: one.id)
def test_a_plan_does_not_differ_from_itself(one: Plan) -> None:
    assert compare(one, replace(one, version=9)) == []


def test_one_step_that_goes_to_the_end_is_the_only_one_moved() -> None:
    steps = [{**HAND, "id": str(n)} for n in range(9)]
    changes = compare(plan(*steps), plan(*steps[:2], *steps[3:], steps[2]))
    assert [(c.code, c.step, c.before, c.after) for c in changes] == [("moved", "2", "3", "9")]
