"""Whatever the plan and whatever people answer: an alarm never ends in silence (invariant 2)."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.core.alarms import escalation
from callflow.core.calls.call import Outcome
from callflow.core.plans.call_plan import (
    CALLING,
    CONTINUE,
    ENDS,
    EXHAUSTED,
    JUSTIFIED,
    NOBODY,
    OVERDUE,
    Plan,
    Step,
    StepKind,
    Stop,
    from_json,
    problems,
    to_json,
)
from callflow.core.sites.site import Contact
from tests.unit.core.alarm import Alarm, keyholder, premises

#: A promise: as many examples in a fast run.
WHOLE = settings(max_examples=100)

#: Steps that need no task; all kinds run in tests of callflow.core.simulation.
_KINDS = (
    StepKind.COUNTER_CALL,
    StepKind.CALL_LIST,
    StepKind.HAND_TO_OPERATOR,
    StepKind.CLOSE,
)
#: Longer than any run can be: ten attempts a contact, and what is retried beyond them.
_MANY = 1000


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Sound plans: steps lead forward, anywhere, on any outcome that may lead there."""
    first = draw(st.sampled_from([kind for kind in _KINDS if kind is not StepKind.CLOSE]))
    kinds = [first, *draw(st.lists(st.sampled_from(_KINDS), max_size=4))]
    steps = [draw(_steps(place, kinds)) for place in range(len(kinds))]
    plan = Plan(id="p", version=1, name="p", steps=tuple(steps))
    assert list(problems(plan)) == []
    return plan


@st.composite
def _steps(draw: st.DrawFn, place: int, kinds: list[StepKind]) -> Step:
    kind = kinds[place]
    outcomes: dict[str, str] = {}
    if kind in CALLING:
        for outcome in draw(st.sets(st.sampled_from(sorted(ENDS[kind])))):
            after = range(place + 1, len(kinds))
            targets = [
                str(n) for n in after if kinds[n] is not StepKind.CLOSE or outcome in JUSTIFIED
            ]
            if outcome not in (EXHAUSTED, NOBODY, OVERDUE):
                targets.append(CONTINUE)
            if targets:
                outcomes[str(outcome)] = draw(st.sampled_from(targets))
    return Step(
        id=str(place),
        kind=kind,
        attempts=draw(st.integers(1, 3)),
        delay_s=draw(st.sampled_from([0.0, 20.0, 300.0])),
        stop=draw(st.sampled_from(Stop)),
        valid=2,
        code="done" if kind is StepKind.CLOSE else "",
        outcomes=outcomes,
    )


def people() -> st.SearchStrategy[tuple[Contact, ...]]:
    one = st.sampled_from(
        [premises(), premises(None), keyholder(1), keyholder(2), keyholder(3), keyholder(4, None)]
    )
    return st.lists(one, unique_by=lambda c: c.id, max_size=4).map(tuple)


@WHOLE
@given(
    plan=plans(),
    contacts=people(),
    answers=st.lists(st.tuples(st.sampled_from(Outcome), st.integers(0, 200)), min_size=1),
)
def test_an_alarm_ends_with_a_human_or_a_justified_closure(
    plan: Plan, contacts: tuple[Contact, ...], answers: list[tuple[Outcome, int]]
) -> None:
    alarm = Alarm(plan, contacts)
    given_answers = []
    for turn in range(_MANY):
        if alarm.over:
            break
        outcome, after = answers[turn % len(answers)]
        given_answers.append(outcome)
        alarm.answers(outcome, after)  # fails where nothing rings and nothing is due
    assert alarm.over, "it runs for ever"
    assert alarm.incident.with_human or alarm.closed
    if alarm.closed and given_answers:
        last_step = plan.step(str(alarm.calls[-1].step)) if alarm.calls else plan.first
        reached_by_answer = alarm.steps[-2:-1] == [last_step.id]
        assert not reached_by_answer or given_answers[-1] in JUSTIFIED


@WHOLE
@given(
    plan=plans(),
    contacts=people(),
    answers=st.lists(st.sampled_from(Outcome), min_size=1),
)
def test_nobody_is_called_more_often_than_the_plan_and_the_retries_allow(
    plan: Plan, contacts: tuple[Contact, ...], answers: list[Outcome]
) -> None:
    alarm = Alarm(plan, contacts)
    turn = 0
    while not alarm.over:
        alarm.answers(answers[turn % len(answers)])
        turn += 1
    rings = Counter(
        (call.step, call.contact_id) for call in alarm.calls if call.outcome is not Outcome.BUSY
    )
    beyond = 1 + escalation.TRUNK_RETRIES  # one unknown fate, and our own line's failures
    for (step, _), times in rings.items():
        assert times <= plan.step(step).attempts + beyond


@WHOLE
@given(plan=plans())
def test_a_plan_survives_being_stored(plan: Plan) -> None:
    assert to_json(from_json(to_json(plan))) == to_json(plan)
