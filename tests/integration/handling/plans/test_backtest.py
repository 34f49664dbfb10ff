"""A plan replayed over what really happened: against itself nothing differs, else it is named."""

from __future__ import annotations

import random
from dataclasses import replace

from callflow.core.alarms.incident import State
from callflow.core.calls.call import Outcome
from callflow.core.plans import standard
from callflow.core.plans.call_plan import EXHAUSTED, Plan, Step, StepKind
from callflow.core.signals.signal import Kind
from callflow.handling.alarms import operating, rehearsing
from callflow.handling.plans.backtest import Backtest, backtest_page
from tests.integration.handling.nights import Night, publish, put_site
from tests.integration.handling.station import FIRST, SECOND, SHOP, Station
from tests.support.attacks.any_plan import any_plan, any_site

_PLANS, _NIGHTS = 30, 8


def test_published_plans_against_themselves_differ_in_none_of_200_incidents(
    station: Station,
) -> None:
    rng = random.Random(20261126)
    plans = [replace(any_plan(rng), id=f"plan-{n}") for n in range(_PLANS)]
    for number, plan in enumerate(plans):
        publish(station, plan)
        put_site(station, f"20{number:02}", plan.id, any_site(rng))
        for _ in range(_NIGHTS):
            Night(station, f"20{number:02}", rng).run()
    found = [against(station, plan.id, plan) for plan in plans]
    assert sum(each.examined for each in found) >= 200
    assert [d for each in found for d in each.differences] == []
    # The simulation calls whom the station really called, and closes as it did.
    assert [i for each in found for i in each.unlike] == []
    rung = [c for row in station.incidents(limit=1000) for c in station.calls(row.id)]
    assert len(rung) >= 400


def against(station: Station, plan_id: str, plan: Plan) -> Backtest:
    return station.read(lambda tx: backtest_page(tx, plan_id, plan))


INTRUSION = standard.INTRUSION


def a_night(station: Station, *phones: tuple[str, str]) -> str:
    """An intrusion in which these phones ring, in this order, and answer so; then it is filed."""
    row = station.alarm()
    for number, outcome in phones:
        for _ in range(5):
            if number in station.wanted():
                break
            station.later(130)
        answers = station.replies if outcome == "verified_ok" else station.ends
        answers(number, outcome)
    if station.incident(row.id).state == State.OPEN:
        station.write(
            lambda tx: operating.close_incident(
                tx, row.id, "claire", "nothing_found", "", station.now
            )
        )
    station.receives(station.signal("BR", "3"))
    station.correlate()
    station.later(3600)
    return str(row.id)


def test_a_draft_that_calls_others_or_ends_otherwise_is_named_with_what_differs(
    station: Station,
) -> None:
    at_shop = a_night(station, (SHOP, "verified_ok"))
    nobody = a_night(
        station, (SHOP, "no_answer"), (SHOP, "busy"), (FIRST, "no_answer"), (SECOND, "verified_ok")
    )
    once = replace(INTRUSION.step("counter_call"), attempts=1)
    draft = replace(INTRUSION, steps=(once, *INTRUSION.steps[1:]))
    found = against(station, "intrusion", draft)
    assert (found.examined, found.unlike) == (2, ())
    (difference,) = found.differences
    assert (difference.incident, difference.what) == (nobody, ("calls",))
    assert difference.was.called == ("1002-shop", "1002-shop", "1002-anne", "1002-bruno")
    assert difference.would_be.called == ("1002-shop", "1002-anne", "1002-bruno")
    assert difference.was.end == difference.would_be.end == "false_alarm"

    human = Step(id="op", kind=StepKind.HAND_TO_OPERATOR)
    ends = {Outcome.VERIFIED_OK: "op", EXHAUSTED: "op"}
    asked = replace(INTRUSION.step("counter_call"), outcomes=ends)
    found = against(station, "intrusion", replace(INTRUSION, steps=(asked, human)))
    by_incident = {d.incident: d for d in found.differences}
    assert by_incident[at_shop].what == ("end",)
    assert by_incident[at_shop].would_be.end == "plan"
    assert by_incident[nobody].what == ("calls", "end")
    assert by_incident[nobody].would_be.human_after_s is not None
    assert against(station, "intrusion", INTRUSION).differences == ()


def test_pages_follow_each_other_and_rehearsals_and_open_ones_are_left_out(
    station: Station,
) -> None:
    for _ in range(3):
        a_night(station, (SHOP, "verified_ok"))
    station.write(
        lambda tx: rehearsing.rehearse(tx, INTRUSION, "1002", Kind.INTRUSION, "claire", station.now)
    )
    station.replies(SHOP, "verified_ok")
    station.alarm()
    first = station.read(lambda tx: backtest_page(tx, "intrusion", INTRUSION, limit=2))
    assert (first.examined, first.next is None) == (2, False)
    second = station.read(
        lambda tx: backtest_page(tx, "intrusion", INTRUSION, limit=2, after=first.next)
    )
    assert (second.examined, second.next) == (1, None)
    late = station.read(lambda tx: backtest_page(tx, "intrusion", INTRUSION, since=station.now))
    assert late.examined == 0
