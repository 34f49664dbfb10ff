"""What follows from each answer: the branches, read from top to bottom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.core.alarms import escalation
from callflow.core.alarms.escalation import Decision, Desk, DeskCall, PlaceCall
from callflow.core.alarms.incident import Machine, State
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.plans.call_plan import ENDS, EXHAUSTED, Mode, Plan, Step, StepKind, Stop
from callflow.core.plans.standard import FIRE, INTRUSION, OPERATOR
from callflow.core.signals.signal import Category, Kind
from tests.unit.core.alarm import NIGHT, SHOP, Alarm, an_incident, keyholder, premises

# --- one answer at the premises, one at a keyholder ------------------------------------------

#: {outcome: (what the machine does next at the premises, at the first keyholder)}.
ANSWERS = {
    "verified_ok": ("closes", "closes"),
    "verified_no_authority": ("calls keyholder 1", "calls keyholder 2"),
    "help": ("human", "human"),
    "operator": ("human", "human"),
    "going": ("human", "human"),
    "send_guard": ("human", "human"),
    "next_person": ("calls keyholder 1", "calls keyholder 2"),
    "known_cause": ("human", "human"),
    "wrong_code": ("human", "human"),
    "duress": ("human", "human"),
    "no_answer": ("calls shop", "calls keyholder 2"),
    "busy": ("calls shop", "calls keyholder 2"),
    "refused": ("calls shop", "calls keyholder 2"),
    "unreachable": ("calls shop", "calls keyholder 2"),
    "no_key": ("calls shop", "calls keyholder 2"),
    "hung_up": ("calls shop", "calls keyholder 2"),
    "no_number": ("calls keyholder 1", "calls keyholder 2"),
    "trunk_failure": ("calls shop, human told", "calls keyholder 1, human told"),
    "unknown": ("calls shop", "calls keyholder 1"),
    "error": ("calls shop, human told", "calls keyholder 2, human told"),
}


def what_follows(alarm: Alarm) -> str:
    calls = len(alarm.calls)
    if alarm.closed:
        return "closes"
    if alarm.over:
        assert alarm.incident.with_human
        return "human"
    if alarm.live is None:
        assert alarm.due_at is not None
        alarm.look((alarm.due_at - alarm.now).total_seconds())
    told = ", human told" if alarm.reasons else ""
    return f"calls {alarm.calls[-1].contact_id}{told}" if len(alarm.calls) >= calls else "silence"


def test_every_outcome_has_its_line_in_the_table() -> None:
    assert set(ANSWERS) == ENDS[StepKind.CALL_LIST] & frozenset(Outcome)


@pytest.mark.parametrize("outcome", ANSWERS)
def test_the_premises_answer(outcome: str) -> None:
    alarm = Alarm()
    alarm.answers(outcome)
    assert what_follows(alarm) == ANSWERS[outcome][0]


@pytest.mark.parametrize("outcome", ANSWERS)
def test_a_keyholder_answers(outcome: str) -> None:
    alarm = Alarm()
    alarm.answers("no_answer")
    alarm.answers("no_answer")
    alarm.answers(outcome)
    assert what_follows(alarm) == ANSWERS[outcome][1]


# --- the counter-call and the list ------------------------------------------------------------


def test_the_premises_are_called_twice_a_little_apart() -> None:
    alarm = Alarm()
    alarm.answers("no_answer")
    assert alarm.live is None
    assert alarm.due_at == alarm.now + timedelta(seconds=20)
    alarm.look(19)
    assert alarm.called == ["shop"]
    alarm.look(1)
    assert alarm.called == ["shop", "shop"]


def test_the_next_keyholder_is_called_without_a_pause() -> None:
    alarm = Alarm()
    for _ in range(3):
        alarm.answers("busy")
    assert alarm.called == ["shop", "shop", "keyholder 1", "keyholder 2"]


def test_everybody_is_called_once_before_anybody_is_called_again() -> None:
    alarm = Alarm()
    for _ in range(6):
        alarm.answers("no_answer")
    assert alarm.called == ["shop", "shop", *["keyholder 1", "keyholder 2"] * 2]
    assert alarm.reasons == ["plan"]
    assert alarm.steps == ["counter_call", "keyholders", "operator"]


def test_a_reached_keyholder_is_not_woken_again_by_the_second_round() -> None:
    alarm = Alarm()
    for outcome in ("no_answer", "no_answer", "next_person", "no_answer"):
        alarm.answers(outcome)
    alarm.answers("no_answer")
    assert alarm.called[2:] == ["keyholder 1", "keyholder 2", "keyholder 2"]
    assert alarm.reasons == ["plan"]


def test_a_contact_without_a_number_is_said_and_passed_over_not_the_end() -> None:
    alarm = Alarm(contacts=(premises(None), keyholder(1, None), keyholder(2)))
    assert [c.outcome for c in alarm.calls] == [Outcome.NO_NUMBER, Outcome.NO_NUMBER, None]
    alarm.answers("verified_ok")
    assert alarm.closed == "false_alarm"


def test_the_answer_after_a_missing_number_is_the_one_that_counts() -> None:
    alarm = Alarm(contacts=(keyholder(1, None), keyholder(2)))
    alarm.answers("help")
    assert alarm.reasons == ["help"]


@pytest.mark.parametrize("contacts", [(), (premises(None), keyholder(1, None))])
def test_with_nobody_to_call_a_human_has_it_at_once(contacts: tuple[()]) -> None:
    alarm = Alarm(contacts=contacts)
    assert alarm.called == []
    assert alarm.reasons == ["plan"]
    assert alarm.over


def test_an_exhausted_list_that_leads_nowhere_is_a_humans() -> None:
    plan = Plan(id="p", version=1, name="p", steps=(Step(id="a", kind=StepKind.COUNTER_CALL),))
    alarm = Alarm(plan)
    alarm.answers("no_answer")
    assert alarm.reasons == [EXHAUSTED]


def test_a_list_for_everybody_goes_on_whatever_anybody_answers() -> None:
    alarm = Alarm(FIRE, kind=Kind.FIRE, category=Category.VITAL)
    for outcome in ("verified_no_authority", "going", "help"):
        alarm.answers(outcome)
    assert alarm.called == ["shop", "keyholder 1", "keyholder 2"]
    assert alarm.reasons[-1] == "plan"


def test_a_removed_contact_is_not_called_again_and_the_list_goes_on() -> None:
    alarm = Alarm()
    alarm.answers("no_answer")
    alarm.answers("no_answer")
    alarm.becomes(CallState.ENDED, Outcome.UNKNOWN)  # keyholder 1, who would be called again
    assert alarm.site is not None
    alarm.site = replace(alarm.site, contacts=(premises(), keyholder(2)))
    alarm.look()
    assert alarm.called[2:] == ["keyholder 1", "keyholder 2"]


# --- what was not the person's doing -----------------------------------------------------------


def test_our_own_line_failing_calls_the_same_person_again_and_tells_a_human() -> None:
    alarm = Alarm()
    alarm.answers("trunk_failure")
    assert alarm.reasons == ["trunk_failure"]
    assert alarm.due_at == alarm.now + escalation.TRUNK_RETRY
    for _ in range(escalation.TRUNK_RETRIES):
        alarm.answers("trunk_failure")
    alarm.answers("trunk_failure")  # used up the plan's first attempt; this is the second
    alarm.answers("no_answer")
    assert alarm.called == ["shop"] * 4 + ["keyholder 1"] * 1 + ["keyholder 2"] * 1


def test_a_call_of_unknown_fate_is_repeated_once_beyond_the_plans_attempts() -> None:
    alarm = Alarm()
    alarm.answers("unknown")
    assert alarm.live is not None  # at once
    alarm.answers("no_answer")
    alarm.answers("no_answer")
    assert alarm.called == ["shop", "shop", "shop", "keyholder 1"]


def test_only_the_first_call_of_unknown_fate_is_free() -> None:
    alarm = Alarm()
    for _ in range(3):
        alarm.answers("unknown")
    assert alarm.called == ["shop", "shop", "shop", "keyholder 1"]


def test_busy_soon_after_an_unknown_fate_may_be_our_own_call_still_up() -> None:
    alarm = Alarm()
    alarm.answers("unknown")
    alarm.answers("busy")
    assert alarm.due_at == alarm.now + escalation.BUSY_RETRY
    alarm.answers("busy")
    alarm.answers("verified_ok")
    assert alarm.closed == "false_alarm"


def test_busy_again_and_again_after_an_unknown_fate_holds_nobody_else_up() -> None:
    alarm = Alarm(replace(INTRUSION, steps=(replace(INTRUSION.first, attempts=1, outcomes={}),)))
    alarm.answers("unknown")
    for _ in range(escalation.BUSY_RETRIES):
        alarm.answers("busy")
        assert alarm.due_at == alarm.now + escalation.BUSY_RETRY
    alarm.answers("busy")
    assert alarm.reasons == [EXHAUSTED]


def test_busy_long_after_an_unknown_fate_is_busy() -> None:
    alarm = Alarm(replace(INTRUSION, steps=(replace(INTRUSION.first, attempts=1, outcomes={}),)))
    alarm.answers("unknown")
    alarm.answers("busy", after=escalation.BUSY_AFTER_UNKNOWN.total_seconds())
    alarm.answers("busy", after=escalation.BUSY_AFTER_UNKNOWN.total_seconds() + 1)
    assert alarm.reasons == [EXHAUSTED]


def test_an_answer_stored_after_the_end_of_its_call_still_counts() -> None:
    alarm = Alarm()
    alarm.answers("hung_up")
    alarm.look(20)  # the second call is placed
    alarm.calls[0] = replace(alarm.calls[0], outcome=Outcome.VERIFIED_OK)
    alarm.answers("no_answer")
    assert alarm.closed == "false_alarm"


# --- who may end what --------------------------------------------------------------------------


def test_an_intrusion_confirmed_while_a_keyholder_speaks_is_not_closed_from_bed() -> None:
    alarm = Alarm()
    alarm.answers("no_answer")
    alarm.answers("no_answer")
    alarm.incident = replace(alarm.incident, category=Category.VITAL)
    alarm.answers("verified_ok")
    assert alarm.closed is None
    assert alarm.reasons == ["not_from_afar"]


def test_somebody_on_site_with_the_authority_ends_even_a_confirmed_one() -> None:
    alarm = Alarm(category=Category.VITAL)
    alarm.answers("verified_ok")
    assert alarm.closed == "false_alarm"


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {"verified_ok", "known_cause"}))
def test_no_plan_closes_on_an_answer_that_explains_nothing(outcome: str) -> None:
    step = replace(INTRUSION.first, outcomes={outcome: "false_alarm"}, attempts=1)
    alarm = Alarm(replace(INTRUSION, steps=(step, INTRUSION.step("false_alarm"))))
    alarm.answers(outcome)
    assert alarm.closed is None
    assert alarm.incident.with_human


# --- the machine that doesn't run --------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kind.HOLD_UP, Kind.PANIC, Kind.DURESS])
def test_a_personal_alarm_rings_nothing_whatever_its_plan_says(kind: Kind) -> None:
    alarm = Alarm(INTRUSION, kind=kind, category=Category.VITAL)
    assert alarm.called == []
    assert alarm.reasons == ["personal"]
    assert alarm.over


def test_a_code_of_duress_stops_everything_silently() -> None:
    alarm = Alarm()
    alarm.incident = replace(alarm.incident, duress=True)
    alarm.answers("duress")
    assert alarm.called == ["shop"]
    assert alarm.over


def test_an_account_that_nobody_declared_is_a_humans() -> None:
    decision = escalation.next_steps(an_incident(site=None), OPERATOR, None, [], NIGHT)
    assert [type(a).__name__ for a in decision.actions] == ["HandToHuman", "Finish"]


@pytest.mark.parametrize(
    "changed",
    [
        {"machine": Machine.STOPPED},  # taken (D20)
        {"machine": Machine.DONE},
        {"state": State.HANDLED},
        {"state": State.AWAITING_NORMAL},
        {"state": State.FILED},
    ],
)
def test_a_stopped_machine_does_nothing(changed: dict[str, Machine | State]) -> None:
    alarm = Alarm()
    alarm.becomes(CallState.ENDED, Outcome.NO_ANSWER)
    alarm.incident = replace(alarm.incident, **changed)  # type: ignore[arg-type]
    assert alarm.look(3600) == Decision()


def test_a_call_cancelled_by_take_uses_no_attempt_up() -> None:
    alarm = Alarm()
    alarm.becomes(CallState.CANCELLED)
    alarm.look()
    alarm.answers("no_answer")
    alarm.answers("no_answer")
    assert alarm.called == ["shop", "shop", "shop", "keyholder 1"]  # the first never rang


# --- calls that get stuck, clocks that jump ----------------------------------------------------


@pytest.mark.parametrize(
    ("state", "patience"),
    [
        (CallState.REQUESTED, escalation.UNPLACED_AFTER),
        (CallState.STARTED, escalation.STUCK_AFTER),
        (CallState.RINGING, escalation.STUCK_AFTER),
        (CallState.ANSWERED, escalation.ENDLESS_AFTER),
    ],
)
def test_a_call_that_stands_still_becomes_a_humans_business(
    state: CallState, patience: timedelta
) -> None:
    alarm = Alarm()
    if state is not CallState.REQUESTED:
        alarm.becomes(state)
    alarm.look()
    assert alarm.due_at == NIGHT + patience
    alarm.look(patience.total_seconds() - 1)
    assert alarm.reasons == []
    alarm.look(1)
    assert alarm.reasons == ["unplaced"]
    assert not alarm.over  # when it ends after all, the plan goes on
    alarm.answers("no_answer")
    alarm.answers("no_answer")
    assert alarm.called[-1] == "keyholder 1"


def test_a_stuck_call_of_all_at_once_stops_nobody_else_s_retries() -> None:
    everybody = Step(
        id="all",
        kind=StepKind.CALL_LIST,
        mode=Mode.ALL_AT_ONCE,
        stop=Stop.ALL,
        attempts=2,
        delay_s=10,
    )
    alarm = Alarm(Plan(id="p", version=1, name="p", steps=(everybody,)))
    stuck, other = alarm.calls
    alarm.look(escalation.UNPLACED_AFTER.total_seconds())
    assert alarm.reasons == ["unplaced"]
    alarm.call_becomes(other.id, CallState.ENDED, Outcome.BUSY)
    alarm.look()
    assert alarm.due_at == alarm.now + timedelta(seconds=10)
    alarm.look(10)
    assert alarm.called == [stuck.contact_id, other.contact_id, other.contact_id]
    assert alarm.reasons == ["unplaced"]


def test_a_clock_that_goes_back_delays_no_call() -> None:
    alarm = Alarm()
    alarm.answers("no_answer")
    alarm.now -= timedelta(hours=1)
    alarm.look()
    assert alarm.called == ["shop", "shop"]


def test_a_clock_that_goes_back_hides_no_call_that_nobody_places() -> None:
    alarm = Alarm()
    alarm.now -= timedelta(hours=1)
    alarm.look()
    assert alarm.reasons == ["unplaced"]
    assert alarm.called == ["shop"]


def test_a_live_call_of_the_run_before_is_waited_for() -> None:
    alarm = Alarm()
    alarm.incident = replace(alarm.incident, step=None, step_since=None)  # a new alarm (D6)
    alarm.look(5)
    assert alarm.called == ["shop"]
    alarm.answers("verified_ok")  # given before the new alarm: void
    assert alarm.closed is None
    assert alarm.called == ["shop", "shop"]


def test_looking_twice_at_the_same_moment_decides_nothing_twice() -> None:
    alarm = Alarm()
    alarm.look()
    alarm.look()
    assert alarm.called == ["shop"]


def test_a_step_may_have_its_own_ring_time() -> None:
    step = Step(id="a", kind=StepKind.CALL_LIST, ring_s=8, stop=Stop.ALL)
    plan = Plan(id="p", version=1, name="p", steps=(step,))
    site = Alarm(plan, SHOP).site
    decision = escalation.next_steps(an_incident(), plan, site, [], NIGHT)
    placed = [a for a in decision.actions if isinstance(a, PlaceCall)]
    assert [a.ring_s for a in placed] == [8]


# --- bringing a human (D12, D21) ---------------------------------------------------------------

DESK = Desk(desk_phones=("+33639989901", "+33639989902"), duty_numbers=("+33639989910",))


def test_who_waits_is_brought_a_human_number_after_number_and_never_given_up() -> None:
    alarm = Alarm()
    tried: list[Call] = []
    rung = []
    now = NIGHT
    for _ in range(5):
        step, again = escalation.bridge_step(DESK, tried, now)
        while step is None:
            assert again is not None
            now = again
            step, again = escalation.bridge_step(DESK, tried, now)
        rung.append((step.to, (now - NIGHT).total_seconds()))
        ended = replace(alarm.calls[0], id=str(len(tried)), state=CallState.ENDED)
        tried.append(replace(ended, outcome=Outcome.NO_ANSWER, ended_at=now))
    assert [to[-4:] for to, _ in rung] == ["9901", "9902", "9910", "9901", "9902"]
    assert [at for _, at in rung] == [0, 0, 0, 5, 5]  # a pause after each round only


def test_while_a_desk_rings_no_other_does() -> None:
    assert escalation.bridge_step(DESK, Alarm().calls, NIGHT) == (None, None)


def test_a_desk_that_leaves_somebody_alone_is_rung_again_after_a_moment() -> None:
    call = replace(
        Alarm().calls[0], state=CallState.ENDED, outcome=Outcome.OPERATOR, ended_at=NIGHT
    )
    again = NIGHT + escalation.BRIDGE_PAUSE
    assert escalation.bridge_step(DESK, [call], NIGHT) == (None, again)
    expected = DeskCall(to="+33639989902", attempt=2)
    assert escalation.bridge_step(DESK, [call], again) == (expected, None)


def test_a_station_without_phones_rings_nobody() -> None:
    nobody = Desk(desk_phones=(), duty_numbers=())
    assert escalation.bridge_step(nobody, [], NIGHT) == (None, None)
    assert escalation.queue_number(nobody, 0) is None


def test_unclaimed_work_rings_the_desk_then_the_duty_number_then_the_desk_again() -> None:
    rung = [escalation.queue_number(DESK, level) for level in range(4)]
    assert rung == ["+33639989901", "+33639989902", "+33639989910", "+33639989901"]
