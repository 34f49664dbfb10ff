"""A site's own settings of a shared plan: applied where they fit, never in the way of a call."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from callflow.core.plans.call_plan import Plan, from_json, problems
from callflow.core.plans.overrides import applied, differing, lost, settable
from callflow.core.plans.standard import INTRUSION
from tests.unit.core.plans.test_text import plans

OWN: dict[str, dict[str, Any]] = {
    "keyholders": {"attempts": 3, "text": "Demander au voisin", "who": [{"authority": "cancel"}]},
    "counter_call": {"ring_s": 45},
}


def test_a_sites_settings_stand_in_the_place_of_the_plans() -> None:
    found = applied(INTRUSION, OWN)
    step = found.step("keyholders")
    assert (step.attempts, step.text, step.delay_s) == (3, "Demander au voisin", 120.0)
    assert step.outcomes == INTRUSION.step("keyholders").outcomes
    assert found.step("counter_call").ring_s == 45.0
    assert (found.id, found.version) == (INTRUSION.id, INTRUSION.version)
    assert lost(INTRUSION, OWN) == []


def test_they_are_what_differs() -> None:
    found = applied(INTRUSION, OWN)
    back = {
        step.id: differing(INTRUSION.step(step.id), step)
        for step in found.steps
        if differing(INTRUSION.step(step.id), step)
    }
    assert back == {"counter_call": {"ring_s": 45.0}, "keyholders": OWN["keyholders"]}
    assert differing(INTRUSION.first, INTRUSION.first) == {}


def test_what_does_not_fit_is_left_out_and_said() -> None:
    own: dict[str, dict[str, Any]] = {
        "gone": {"attempts": 2},
        "operator": {"attempts": 2},
        "keyholders": {"outcomes": {}},
    }
    assert applied(INTRUSION, own) == INTRUSION
    assert lost(INTRUSION, own) == ["gone.attempts", "operator.attempts", "keyholders.outcomes"]
    both = applied(INTRUSION, {**own, "counter_call": {"attempts": 5}})
    assert both.step("counter_call").attempts == 5


def test_a_plan_is_never_unusable_by_them() -> None:
    for settings in ({"attempts": 11}, {"attempts": "x"}, {"who": "anne"}, {"mode": "sideways"}):
        own = {"keyholders": settings}
        assert applied(INTRUSION, own) == INTRUSION
        assert lost(INTRUSION, own) == [f"keyholders.{name}" for name in settings]


@given(plans(), plans())
def test_a_sound_plan_stays_sound(plan: Plan, other: Plan) -> None:
    own = {
        step.id: {n: getattr(there, n) for n in settable(there.kind)}
        for step, there in zip(plan.steps, other.steps, strict=False)
    }
    found = applied(plan, own)
    if next(problems(plan), None) is None:
        assert next(problems(found), None) is None
        assert [step.outcomes for step in found.steps] == [step.outcomes for step in plan.steps]


def test_a_go_to_has_nothing_of_its_own() -> None:
    body = {"id": "p", "steps": [{"id": "again", "kind": "go_to", "to": "x", "times": 2}]}
    assert lost(from_json(body), {"again": {"times": 5}}) == ["again.times"]
