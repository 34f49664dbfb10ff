""" "Call me back in ten minutes": once for a person and a round, and not once it is settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.alarms.escalation import CALL_BACK_AFTER, may_call_back
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.plans.call_plan import (
    EXHAUSTED,
    Mode,
    Plan,
    Step,
    StepKind,
    Stop,
    from_json,
    problems,
)
from callflow.core.plans.standard import INTRUSION
from callflow.core.signals.signal import Category
from callflow.core.sites.site import Contact
from tests.unit.core.alarm import NIGHT, Alarm, keyholder

TEN = timedelta(minutes=10)
THREE = (keyholder(1), keyholder(2), keyholder(3))


def a_plan(**settings: object) -> Plan:
    """A list that may be asked to call back, then an operator."""
    people = Step(
        id="people",
        kind=StepKind.CALL_LIST,
        outcomes={Outcome.VERIFIED_OK: "false_alarm", EXHAUSTED: "operator"},
        **{"call_back": True, **settings},  # type: ignore[arg-type]
    )
    plan = Plan(id="p", version=1, name="p", steps=(people, *INTRUSION.steps[-2:]))
    assert list(problems(plan)) == []
    return plan


def an_alarm(contacts: tuple[Contact, ...] = THREE, **settings: object) -> Alarm:
    return Alarm(a_plan(**settings), contacts)


def test_the_list_goes_on_at_once_and_the_person_is_called_ten_minutes_later() -> None:
    alarm = an_alarm()
    alarm.answers("call_back")
    asked_at = alarm.now
    alarm.answers("no_answer")
    alarm.answers("no_answer")
    assert alarm.called == ["keyholder 1", "keyholder 2", "keyholder 3"]
    assert alarm.live is None
    assert alarm.due_at == asked_at + TEN
    assert not alarm.over
    assert alarm.reasons == []
    alarm.look((asked_at + TEN - alarm.now).total_seconds())
    assert alarm.called[3:] == ["keyholder 1"]
    alarm.answers("verified_ok")
    assert alarm.closed == "false_alarm"


def test_a_call_that_is_due_comes_before_the_rest_of_the_list() -> None:
    alarm = an_alarm()
    alarm.answers("call_back")
    alarm.answers("no_answer", after=601)
    assert alarm.called == ["keyholder 1", "keyholder 2", "keyholder 1"]
    alarm.answers("next_person")
    assert alarm.called[3:] == ["keyholder 3"]


def test_whoever_does_not_answer_then_is_not_called_a_third_time() -> None:
    alarm = an_alarm(attempts=2, delay_s=0.0)
    for outcome in ("call_back", *["no_answer"] * 5):
        alarm.answers(outcome)
    assert alarm.called.count("keyholder 1") == 2
    assert alarm.reasons == ["plan"]


def test_asked_a_second_time_it_is_no_third_call() -> None:
    alarm = an_alarm((keyholder(1),))
    alarm.answers("call_back")
    alarm.answers("call_back")
    assert alarm.called == ["keyholder 1"] * 2
    assert alarm.reasons == ["plan"]


def test_nobody_is_called_back_once_another_has_settled_it() -> None:
    alarm = an_alarm()
    alarm.answers("call_back")
    alarm.answers("verified_ok")
    assert alarm.closed == "false_alarm"
    alarm.look(3600)
    assert alarm.called == ["keyholder 1", "keyholder 2"]


def test_where_the_step_does_not_allow_it_the_answer_is_for_the_next_person() -> None:
    alarm = an_alarm((keyholder(1), keyholder(2)), call_back=False)
    alarm.answers("call_back")
    alarm.answers("next_person")
    assert alarm.called == ["keyholder 1", "keyholder 2"]
    assert alarm.reasons == ["plan"]


def test_a_failure_of_our_own_line_is_retried_and_uses_nothing_up() -> None:
    alarm = an_alarm((keyholder(1),))
    for outcome in ("call_back", "trunk_failure", "unknown", "verified_ok"):
        alarm.answers(outcome)
    assert alarm.called == ["keyholder 1"] * 4
    assert alarm.closed == "false_alarm"


def test_called_all_at_once_each_is_called_back_at_their_own_time() -> None:
    alarm = an_alarm((keyholder(1),), mode=Mode.ALL_AT_ONCE)
    alarm.answers("call_back")
    assert alarm.due_at == alarm.now + TEN
    assert not alarm.over
    alarm.answers("going")
    assert alarm.called == ["keyholder 1"] * 2


def test_the_time_limit_of_the_step_still_holds() -> None:
    alarm = an_alarm((keyholder(1),), limit_s=300.0)
    alarm.answers("call_back")
    assert alarm.due_at == NIGHT + timedelta(seconds=300)
    alarm.look(300)
    assert alarm.called == ["keyholder 1"]
    assert alarm.reasons == ["overdue"]


@pytest.mark.parametrize(
    ("settings", "category", "earlier", "after", "offered"),
    [
        ({}, Category.SECURITY, (), 0, True),
        ({}, Category.TECHNICAL, (), 0, True),
        ({}, Category.VITAL, (), 0, False),
        ({"call_back": False}, Category.SECURITY, (), 0, False),
        ({}, Category.SECURITY, ("no_answer",), 60, True),
        ({}, Category.SECURITY, ("call_back",), 660, False),
        ({"limit_s": 721.0}, Category.SECURITY, (), 0, True),
        ({"limit_s": 720.0}, Category.SECURITY, (), 0, False),  # it could not be kept
        ({}, Category.SECURITY, (), 6500, False),
    ],
)
def test_to_whom_it_is_offered(
    settings: dict[str, object],
    category: Category,
    earlier: Sequence[str],
    after: float,
    offered: bool,
) -> None:
    step = a_plan(**settings).first
    made = [ended("keyholder 1", outcome) for outcome in earlier]
    now = NIGHT + timedelta(seconds=after)
    asked = may_call_back(step, category, "keyholder 1", made, since=NIGHT, now=now)
    assert asked is offered


def test_another_person_or_another_round_is_offered_it_again() -> None:
    step, made = a_plan().first, [ended("keyholder 1", "call_back")]
    later = NIGHT + timedelta(seconds=60)
    assert may_call_back(step, Category.SECURITY, "keyholder 2", made, since=NIGHT, now=later)
    assert may_call_back(step, Category.SECURITY, "keyholder 1", made, since=later, now=later)


def ended(contact: str, outcome: str) -> Call:
    return Call(
        id="1",
        step="people",
        contact_id=contact,
        to="+33639980101",
        attempt=1,
        state=CallState.ENDED,
        outcome=Outcome(outcome),
        requested_at=NIGHT,
        ended_at=NIGHT,
    )


@pytest.mark.parametrize("kind", ["counter_call", "voice_first", "send_guard"])
def test_no_other_step_has_it(kind: str) -> None:
    body = {"id": "p", "steps": [{"id": "call", "kind": kind, "call_back": True}]}
    with pytest.raises(ValueError, match="call_back"):
        from_json(body)


def test_no_table_leads_a_promise_elsewhere() -> None:
    call = {"id": "call", "kind": "call_list", "call_back": True}
    hand = {"id": "hand", "kind": "hand_to_operator"}
    body = {"id": "p", "steps": [call | {"outcomes": {"call_back": "hand"}}, hand]}
    assert "unknown_outcome" in [found.code for found in problems(from_json(body))]


#: The same contact again, beyond the plan: nobody's fault.
_AGAIN = frozenset({Outcome.UNKNOWN, Outcome.TRUNK_FAILURE, Outcome.BUSY})


@given(
    answers=st.lists(
        st.tuples(
            st.sampled_from(["call_back", "call_back", "no_answer", "next_person", *Outcome]),
            st.integers(0, 700),
        ),
        min_size=1,
        max_size=20,
    ),
    count=st.integers(1, 3),
    attempts=st.integers(1, 3),
    stop=st.sampled_from(Stop),
    delay=st.sampled_from([0.0, 120.0, 900.0]),
)
def test_never_more_than_once_never_too_early_never_after_the_end(
    answers: list[tuple[str, int]], count: int, attempts: int, stop: Stop, delay: float
) -> None:
    alarm = an_alarm(THREE[:count], attempts=attempts, stop=stop, valid=2, delay_s=delay)
    turn = 0
    while not alarm.over:
        alarm.answers(*answers[turn % len(answers)])
        turn += 1
    asked = len(alarm.calls)
    alarm.look(3600)
    assert len(alarm.calls) == asked, "called after the end"
    for contact in THREE:
        made = [call for call in alarm.calls if call.contact_id == contact.id]
        first = next((n for n, c in enumerate(made) if c.outcome is Outcome.CALL_BACK), None)
        if first is None:
            continue
        promised = made[first].ended_at
        later = made[first + 1 :]
        assert promised is not None
        assert all(call.requested_at >= promised + CALL_BACK_AFTER for call in later)
        assert all(call.outcome in _AGAIN for call in later[:-1]), "called back twice"
