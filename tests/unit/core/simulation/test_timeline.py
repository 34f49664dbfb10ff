"""A plan in virtual time: who is called when, and the worst case, where the answer is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.core.calls.call import Outcome
from callflow.core.plans.call_plan import Measure, Mode, Plan, Step, StepKind, read
from callflow.core.plans.standard import BANK, FIRE, INTRUSION
from callflow.core.signals.signal import Category, Kind
from callflow.core.simulation import (
    NOBODY_ANSWERS,
    Answer,
    BehaviourError,
    Behaviours,
    Script,
    Timeline,
    lines,
    simulate,
    timeline_to_json,
    worst_case,
)
from callflow.core.sites.site import Contact, Role, Site
from tests.unit.core.alarm import contact, keyholder, premises

NIGHT = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # 03:00 in Paris


def shop(*contacts: Contact) -> Site:
    people = contacts or (premises(), keyholder(1), keyholder(2))
    return Site(id="s", name="Shop", client="c", contacts=people)


def run(
    plan: Plan,
    behaviours: Behaviours = NOBODY_ANSWERS,
    *contacts: Contact,
    kind: Kind = Kind.INTRUSION,
    category: Category = Category.SECURITY,
) -> Timeline:
    return simulate(plan, shop(*contacts), behaviours, kind=kind, category=category, start=NIGHT)


def a_plan(*steps: dict[str, Any]) -> Plan:
    return read({"id": "p", "steps": list(steps)})


def called(timeline: Timeline) -> list[tuple[float, str]]:
    return [((ring.at - NIGHT).total_seconds(), ring.contact) for ring in timeline.rings]


def test_nobody_answers_an_intrusion() -> None:
    timeline = run(INTRUSION)
    times = [round(after) for after, _ in called(timeline)]
    assert [who for _, who in called(timeline)] == [
        *["shop", "shop"],
        *["keyholder 1", "keyholder 2", "keyholder 1", "keyholder 2"],
    ]
    # 30 s of ringing, 20 s apart at the shop; a keyholder again 120 s after his own last call.
    assert times == [0, 50, 80, 110, 230, 260]
    assert timeline.human_at == NIGHT + timedelta(seconds=290)
    assert timeline.reasons == ("plan",)


def test_the_right_code_closes_it_and_no_human_is_told() -> None:
    script = Script(calls={"shop": [Outcome.NO_ANSWER, Outcome.VERIFIED_OK]})
    timeline = run(INTRUSION, script)
    assert (timeline.closed, timeline.human_at) == ("false_alarm", None)
    assert [ring.outcome for ring in timeline.rings] == ["no_answer", "verified_ok"]


def test_a_vital_alarm_is_a_humans_from_the_start_and_everybody_is_called() -> None:
    timeline = run(FIRE, kind=Kind.FIRE, category=Category.VITAL)
    assert timeline.human_at == NIGHT
    assert [who for _, who in called(timeline)] == ["shop", "keyholder 1", "keyholder 2"]


def test_a_mute_alarm_calls_nobody() -> None:
    timeline = run(INTRUSION, kind=Kind.HOLD_UP)
    assert timeline.rings == ()
    assert timeline.reasons == ("personal",)


def test_a_bank_that_does_not_answer_is_a_humans() -> None:
    assert run(BANK, kind=Kind.BANK_OPENING).reasons[-1] == "plan"


def test_duress_stops_everything_and_is_not_shown_as_anything_else() -> None:
    timeline = run(INTRUSION, Script(calls={"shop": [Outcome.DURESS]}))
    assert len(timeline.rings) == 1
    assert timeline.reasons == ("duress",)


def test_who_is_called_at_the_same_time_rings_until_one_settles_it() -> None:
    steps = {"id": "all", "kind": "call_list", "mode": "all_at_once", "attempts": 1}
    plan = a_plan({**steps, "outcomes": {"verified_ok": "end"}}, {**CLOSE, "id": "end"})
    script = Script(calls={"keyholder 1": [Outcome.VERIFIED_OK]})
    timeline = run(plan, script, keyholder(1), keyholder(2))
    assert [after for after, _ in called(timeline)] == pytest.approx([0, 0], abs=0.001)
    # The other one still rang: it is hung up.
    assert [ring.outcome for ring in timeline.rings] == ["verified_ok", "no_answer"]
    assert timeline.closed == "done"


def test_a_number_is_never_called_twice_at_once() -> None:
    all_at_once = {"id": "all", "kind": "call_list", "mode": "all_at_once"}
    again = {"id": "again", "kind": "call_list", "who": [{"contact": "keyholder 2"}]}
    plan = a_plan({**all_at_once, "outcomes": {"going": "again"}}, again)
    script = Script(
        calls={
            "keyholder 1": [Outcome.GOING],
            "keyholder 2": [Answer(outcome=Outcome.NO_KEY, ring_s=5, talk_s=60), Outcome.BUSY],
        }
    )
    timeline = run(plan, script, keyholder(1), keyholder(2))
    first, second = [ring for ring in timeline.rings if ring.contact == "keyholder 2"]
    assert (first.outcome, second.outcome) == ("no_key", "busy")
    assert first.ended_at == NIGHT + timedelta(seconds=65)
    assert second.ended_at == NIGHT + timedelta(seconds=66)  # not before the first has ended


CLOSE: dict[str, Any] = {"kind": "close", "code": "done"}
GUARD: dict[str, Any] = {
    "id": "guard",
    "kind": "send_guard",
    "accept_s": 60,
    "arrive_s": 600,
    "report_s": 300,
    "outcomes": {"all_clear": "end"},
}
FIRMS = (
    contact("firm A", Role.GUARD, 1, "+33639980201"),
    contact("firm B", Role.GUARD, 2, "+33639980202"),
)


def guards(script: dict[str, Any]) -> Timeline:
    return run(a_plan(GUARD, {**CLOSE, "id": "end"}), Script.from_json(script), *FIRMS)


def test_a_firm_declines_and_the_next_one_goes_and_reports() -> None:
    timeline = guards(
        {
            "contacts": {"firm A": ["declined"], "firm B": ["accepted"]},
            "guards": {"firm B": [{"on_site_s": 300, "report_s": 120}]},
        }
    )
    assert [who for _, who in called(timeline)] == ["firm A", "firm B"]
    assert timeline.closed == "done"
    said = [(e.who, e.outcome) for e in timeline.entries if e.what in ("guard", "done")]
    assert said == [
        *[("firm A", "failed"), ("firm B", "accepted")],
        *[("firm B", "on_site"), ("firm B", "all_clear")],
    ]


def test_a_guard_who_goes_silent_is_a_humans_and_the_next_firm_is_sent() -> None:
    timeline = guards(
        {
            "contacts": {"firm A": ["accepted"], "firm B": ["accepted"]},
            "guards": {"firm A": [{"on_site_s": None}], "firm B": [{"report_s": 5}]},
        }
    )
    assert timeline.reasons[0] == "guard_silent"
    assert [who for _, who in called(timeline)] == ["firm A", "firm B"]


def test_an_operator_who_acts_leads_on_and_one_who_does_not_is_overdue() -> None:
    plan = a_plan(
        {
            "id": "look",
            "kind": "hand_to_operator",
            "limit_s": 60,
            "outcomes": {"done": "end", "overdue": "guard"},
        },
        {**GUARD, "outcomes": {}},
        {**CLOSE, "id": "end"},
    )
    done = {"steps": {"look": [{"outcome": "done", "after_s": 59}]}}
    assert run(plan, Script.from_json(done), *FIRMS).closed == "done"
    silent = run(plan, NOBODY_ANSWERS, *FIRMS)
    assert silent.steps == ("look", "guard")


def test_a_wait_ends_with_the_restore() -> None:
    plan = a_plan(
        {
            "id": "wait",
            "kind": "wait",
            "limit_s": 600,
            "restore": True,
            "outcomes": {"restored": "end"},
        },
        {**CLOSE, "id": "end"},
    )
    back = run(plan, Script(restored_s=120), kind=Kind.POWER, category=Category.TECHNICAL)
    assert back.closed == "done"
    assert back.ended_at == NIGHT + timedelta(seconds=120)
    stays = run(plan, kind=Kind.POWER, category=Category.TECHNICAL)
    assert stays.human_at == NIGHT + timedelta(seconds=600)
    assert worst_case(plan, shop(), kind=Kind.POWER, category=Category.TECHNICAL).seconds == 600


# --- the worst case -------------------------------------------------------------------------


def worst(*steps: Step, contacts: tuple[Contact, ...] = ()) -> float:
    plan = Plan(id="p", version=1, name="p", steps=steps)
    kind, category = Kind.INTRUSION, Category.SECURITY
    return worst_case(plan, shop(*contacts), kind=kind, category=category).seconds


WAIT = Step(id="wait", kind=StepKind.WAIT, limit_s=100, outcomes={"elapsed": "again"})
AGAIN = Step(id="again", kind=StepKind.GO_TO, to="wait", times=3, outcomes={})


def test_rounds_are_counted_as_often_as_they_may_be_taken() -> None:
    assert worst(WAIT, AGAIN) == 400


def test_many_rounds_are_put_together_and_still_bounded() -> None:
    jumps = [
        Step(id=f"again {n}", kind=StepKind.GO_TO, to="wait", times=20, outcomes=then)
        for n, then in enumerate([{"exhausted": f"again {n + 1}"} for n in range(4)] + [{}])
    ]
    first = Step(id="wait", kind=StepKind.WAIT, limit_s=100, outcomes={"elapsed": "again 0"})
    assert worst(first, *jumps) == 100 * (1 + 5 * 20)


def test_an_operators_step_is_known_at_once() -> None:
    assert worst(Step(id="op", kind=StepKind.HAND_TO_OPERATOR)) == 0


def test_a_protective_measure_takes_no_time() -> None:
    measure = Step(id="m", kind=StepKind.PROTECTIVE_MEASURE, measure=Measure.OTHER, text="Rondes")
    assert worst(measure) == 0


def test_a_list_lasts_its_limit_and_the_call_that_was_begun_before_it() -> None:
    listed = Step(id="l", kind=StepKind.CALL_LIST, limit_s=300, attempts=10)
    assert worst(listed) == 300 + 360
    few = Step(id="l", kind=StepKind.CALL_LIST, limit_s=86400, delay_s=0, mode=Mode.ALL_AT_ONCE)
    assert worst(few) == 4 * (360 + 15)


def test_the_way_on_which_it_takes_longest_is_named() -> None:
    found = worst_case(INTRUSION, shop(), kind=Kind.INTRUSION, category=Category.SECURITY)
    assert [step for step, _ in found.path] == ["counter_call", "keyholders"]
    assert found.seconds == sum(seconds for _, seconds in found.path) == 6060
    # The counter-call: its limit and a call begun before it; ten calls of keyholders, each 360 s
    # at most and 120 s apart.
    assert found.seconds == (900 + 360) + 10 * (360 + 120)


# --- scripts and words ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ([], "behaviours must be an object"),
        ({"people": {}}, "'people' is none of"),
        ({"contacts": {"a": ["asleep"]}}, "contacts.a.0: 'asleep' is none of"),
        ({"contacts": {"a": [{"outcome": "busy", "ring_s": -1}]}}, "contacts.a.0.ring_s"),
        ({"contacts": {"a": [{"ring_s": True}]}}, "contacts.a.0.ring_s"),
        ({"contacts": []}, "contacts must be an object"),
        ({"steps": {"a": "accepted"}}, "steps.a.0: 'accepted' is none of"),
        ({"guards": {"a": 3}}, "guards.a.0 must be an object"),
        ({"others": "gone"}, "others: 'gone'"),
        ({"restored_s": "soon"}, "restored_s must be a number"),
    ],
)
def test_a_bad_script_is_named(body: Any, names: str) -> None:
    with pytest.raises(BehaviourError, match=names.replace(".", r"\.")):
        Script.from_json(body)


def test_a_run_that_would_not_end_in_a_lifetime_is_refused() -> None:
    again = Step(id="again", kind=StepKind.GO_TO, to="list", times=20)
    listed = Step(
        id="list", kind=StepKind.CALL_LIST, attempts=10, delay_s=0, outcomes={"exhausted": "again"}
    )
    plan = Plan(id="p", version=1, name="p", steps=(listed, again))
    people = [contact(f"k{n}", Role.KEYHOLDER, n, f"+3363998{n:04}") for n in range(8)]
    with pytest.raises(BehaviourError, match="shorter limits"):
        run(plan, Script(others=Outcome.NO_KEY), *people)


def test_nobody_can_say_what_is_not_asked() -> None:
    with pytest.raises(BehaviourError, match=r"shop: a call of step .*can't end with answer_1"):
        run(INTRUSION, Script(calls={"shop": [Outcome.ANSWER_1]}))


def test_it_is_told_in_french_and_in_english_in_the_sites_time() -> None:
    timeline = run(INTRUSION, Script(calls={"keyholder 1": [Outcome.HELP]}))
    found = worst_case(INTRUSION, shop(), kind=Kind.INTRUSION, category=Category.SECURITY)
    french = list(lines(timeline, shop(), found))
    assert french[0].split() == [
        *["03:00:00", "+", "0:00:00", "étape", "«", "Contre-appel", "sur", "site", "»", ":"],
        *["début", "de", "la", "consigne"],
    ]
    assert "keyholder 1 : demande de l'aide" in "\n".join(french)
    english = "\n".join(lines(timeline, shop(), found, language="en"))
    assert "An operator knows after" in english
    assert "At worst" in english


def test_a_program_reads_the_same() -> None:
    body = timeline_to_json(run(INTRUSION))
    assert [call["contact"] for call in body["calls"]][:3] == ["shop", "shop", "keyholder 1"]
    assert (body["human_after_s"], body["closed"]) == (290.0, None)
