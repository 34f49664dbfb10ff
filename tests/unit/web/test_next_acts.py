"""One act stands before all others on an alarm's page: which, for whom."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from callflow.core.alarms.checks import Check, Looked, Result
from callflow.core.alarms.incident import State
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.plans.call_plan import Step, StepKind
from callflow.core.plans.task import Task, TaskOutcome, TaskState
from callflow.core.sites.declared import Called
from callflow.core.sites.site import Role
from tests.support.rows.incidents import an_incident
from web.pages.alarms.next_acts import Do, Handling, NextAct, next_act
from web.pages.alarms.task_views import TaskView

T0 = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
ME, OTHER = "claire", "yves"


def contact(name: str, role: Role, rank: int) -> Called:
    nothing: dict[str, Any] = {one.name: None for one in fields(Called)}
    known = {"id": name, "name": name, "phone": "+33639980001", "role": role, "rank": rank}
    return Called(**nothing | known)


def call(who: str, state: CallState = CallState.ENDED, **more: Any) -> Call:
    made: dict[str, Any] = {
        "step": "keyholders",
        "to": "1",
        "attempt": 1,
        "requested_at": T0,
        "placed_at": T0,
    }
    return Call(id=f"c-{who}", state=state, contact_id=who, **{**made, **more})


def task(state: TaskState = TaskState.OPEN, kind: StepKind = StepKind.HAND_TO_OPERATOR) -> TaskView:
    asked = Task("t", "i", "look", kind.value, state, T0)
    outcomes = (TaskOutcome.DONE,) if kind is StepKind.HAND_TO_OPERATOR else ()
    return TaskView(task=asked, step=Step(id="look", kind=kind), outcomes=outcomes, guard=None)


def missing(*what: Looked) -> tuple[Check, ...]:
    return tuple(Check(what=one, result=Result.MISSING) for one in what)


SITE = (
    contact("premises", Role.PREMISES, 1),
    contact("anne", Role.KEYHOLDER, 2),
    contact("yann", Role.KEYHOLDER, 3),
)
NOTHING = Handling(
    calls=(),
    tasks=(),
    contacts=SITE,
    away=frozenset(),
    checks=(),
    step=None,
    firm="",
    mute=False,
    is_open=False,
)


def does(how: Handling = NOTHING, **row: Any) -> NextAct | None:
    return next_act(an_incident(**{"holder": ME, **row}), ME, how)


def at(step: str, **more: Any) -> Handling:
    return replace(NOTHING, step=step, **more)


def test_what_nobody_holds_is_taken_and_what_another_holds_is_theirs() -> None:
    everything = replace(NOTHING, firm="Ouest Garde", tasks=[task()])
    assert does(everything, holder=None) == NextAct(Do.TAKE)
    assert does(holder=None, state=State.AWAITING_NORMAL) == NextAct(Do.TAKE)
    assert does(everything, holder=OTHER) is None


@pytest.mark.parametrize("state", [State.HANDLED, State.FILED])
def test_what_is_over_asks_for_nothing(state: State) -> None:
    assert does(state=state, holder=None) is None
    assert does(replace(NOTHING, tasks=[task()]), state=state) is None


def test_somebody_who_speaks_with_the_machine_comes_first_then_the_guard_then_the_plan() -> None:
    later: dict[str, Any] = {"firm": "Ouest Garde", "tasks": [task()]}
    speaks = at("call_list", calls=[call("anne", CallState.ANSWERED)], **later)
    assert does(speaks) == NextAct(Do.TAKE_OVER, "c-anne")
    settled = [call("anne", CallState.ANSWERED, result=Outcome.ACCEPTED)]  # the last words are said
    assert does(at("call_list", calls=settled, tasks=[task()])) == NextAct(Do.TASK, "t")
    assert does(at("call_list", **later)) == NextAct(Do.GUARD, name="Ouest Garde")
    assert does(at("call_list", tasks=[task()])) == NextAct(Do.TASK, "t")
    ended = at("call_list", tasks=[task(TaskState.ENDED)])
    assert does(ended) == NextAct(Do.CALL, "anne", "anne")


def test_a_service_that_the_plan_asks_for_is_led_to() -> None:
    police = task(kind=StepKind.EMERGENCY_SERVICE)
    assert does(replace(NOTHING, tasks=[police], mute=True)) == NextAct(Do.SERVICE, "police")


@pytest.mark.parametrize("other", [{"room": "r"}, {"step": "fax"}])
def test_no_conversation_of_people_and_no_fax_is_taken_over(other: dict[str, Any]) -> None:
    speaks = call("anne", CallState.ANSWERED, **other)
    assert does(at("call_list", calls=[speaks])) is None  # and nobody else is called meanwhile
    tasked = at("call_list", calls=[speaks], tasks=[task()])
    assert does(tasked) == NextAct(Do.TASK, "t")


def test_whom_the_plan_would_call_next_is_called_by_hand() -> None:
    called = [call("premises")]
    assert does(at("counter_call")) == NextAct(Do.CALL, "premises", "premises")
    assert does(at("counter_call", calls=called)) == NextAct(Do.CALL, "anne", "anne")
    withdrawn = call("premises", CallState.CANCELLED, placed_at=None)
    again = at("counter_call", calls=[withdrawn])
    assert does(again) == NextAct(Do.CALL, "premises", "premises")
    gone = at("call_list", away=frozenset({"anne"}))
    assert does(gone) == NextAct(Do.CALL, "yann", "yann")
    assert does(at("call_list", calls=[call("anne")])) == NextAct(Do.CALL, "yann", "yann")
    assert does(at("call_list", calls=[call("anne", CallState.RINGING)])) is None


def test_what_nobody_knows_is_verified_and_what_is_owed_is_never_led_past() -> None:
    rung = at("call_list", calls=[call("anne"), call("yann")])
    unknown = replace(rung, checks=missing(Looked.VERIFIED, Looked.STEP))
    assert does(unknown) == NextAct(Do.VERIFY)
    assert does(unknown, site_id=None) is None
    assert does(replace(rung, checks=missing(Looked.STEP))) is None
    assert does(replace(rung, checks=missing(Looked.TAKEN, Looked.ZONES))) == NextAct(Do.CLOSE)
    assert does(rung) == NextAct(Do.CLOSE)


def test_what_waits_for_a_site_to_be_normal_is_closed_once_nothing_is_open() -> None:
    waits: dict[str, Any] = {"state": State.AWAITING_NORMAL}
    assert does(at("call_list", is_open=True), **waits) is None
    assert does(at("call_list"), **waits) == NextAct(Do.CLOSE)


def test_at_a_mute_alarm_nothing_rings() -> None:
    assert does(at("counter_call", mute=True, firm="Ouest Garde")) == NextAct(Do.CLOSE)


def test_a_rehearsal_sends_nobody() -> None:
    assert does(replace(NOTHING, firm="Ouest Garde"), exercise=True) == NextAct(Do.CLOSE)
