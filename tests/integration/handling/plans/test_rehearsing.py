"""A rehearsal calls real people, wakes no operator, and gives way to whatever is real."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import CallState
from callflow.core.interventions.law import Service
from callflow.core.signals.signal import Kind
from callflow.handling.alarms import operating, rehearsing
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.calls import calling, dialogues
from callflow.handling.interventions import services
from callflow.handling.plans import simulation
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from callflow.storage.interventions import measures
from callflow.storage.watch import supervision
from tests.integration.handling.station import DESK, FIRST, SECOND, SHOP, Station


def rehearse(station: Station, plan: str = "intrusion", kind: Kind = Kind.INTRUSION) -> Incident:
    def write(tx: Any) -> Incident:
        found = simulation.plan_of(tx, plan)
        return rehearsing.rehearse(tx, found, "1002", kind, "claire", station.now)

    return station.write(write)


def told(station: Station, row: Incident) -> list[str]:
    return station.told(row.id)


def test_it_calls_the_real_people_in_the_plans_order_and_closes_itself(station: Station) -> None:
    row = rehearse(station)
    assert row.exercise
    called = []
    for _ in range(20):
        placed = station.place()
        called += placed
        for number in placed:
            station.ends(number, "no_answer")
        if station.incident(row.id).state == State.FILED:
            break
        station.later(60)
    assert called == [SHOP, SHOP, *[FIRST, SECOND] * 2]  # no desk phone among them
    row = station.incident(row.id)
    assert (row.state, row.resolution_code) == ("filed", "exercise")
    assert told(station, row)[0] == "rehearsed"


def test_the_right_code_closes_it_as_the_plan_says(station: Station) -> None:
    row = rehearse(station)
    station.replies(SHOP, "verified_ok")
    row = station.incident(row.id)
    assert (row.state, row.resolution_code) == ("filed", "false_alarm")


def test_it_says_first_that_it_is_an_exercise(station: Station) -> None:
    rehearse(station)
    call_id = station.picks_up(SHOP)
    found = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, call_id))
    assert found is not None
    assert found[0].exercise


def test_it_stands_in_no_queue_that_rings(station: Station) -> None:
    row = rehearse(station, "operator", Kind.FIRE)
    assert row.state == State.FILED  # nothing to do for people: over at once
    station.plan(
        "look",
        {"id": "look", "kind": "hand_to_operator", "outcomes": {"done": "look2"}},
        {"id": "look2", "kind": "hand_to_operator"},
    )
    row = rehearse(station, "look", Kind.FIRE)
    assert (row.with_human, row.queue_due) == (True, None)
    station.later(600)
    assert DESK not in station.place()
    assert station.read(incidents.count_in_queue) == 0


def test_a_taken_one_rings_nobody_when_it_is_forgotten_or_given_back(station: Station) -> None:
    row = rehearse(station)
    station.write(lambda tx: operating.claim(tx, row.id, "claire", station.now))
    station.later(3600)
    station.write(lambda tx: operating.release(tx, row.id, "claire", station.now))
    station.later(3600)
    assert station.place() == []


def test_no_signal_joins_it_and_a_real_alarm_ends_it(station: Station) -> None:
    row = rehearse(station)
    ringing = station.rings(SHOP)
    real = station.alarm()
    assert real.id != row.id
    assert not real.exercise
    row = station.incident(row.id)
    assert (row.state, row.signal_count) == ("filed", 0)
    assert "rehearsal_over" in told(station, row)
    asked = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    assert [(act.call_id, act.kind) for act in asked] == [(ringing, "hang_up")]
    station.hangs_up(ringing, "no_answer")
    assert station.place() == [SHOP]  # for the real one
    assert station.incident(real.id).step == "counter_call"


def test_who_speaks_is_asked_off_the_line_by_a_real_alarm_but_not_who_waits_for_an_operator(
    station: Station,
) -> None:
    rehearse(station)
    talking = station.picks_up(SHOP)
    station.alarm()
    asked = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    assert [act.call_id for act in asked] == [talking]
    station.hangs_up(talking)
    for incident in station.incidents(state="open"):
        station.write(
            lambda tx, incident=incident: operating.close_incident(  # type: ignore[misc]
                tx, incident.id, "claire", "false_alarm", "", station.now
            )
        )
    rehearse(station)
    waiting = station.picks_up(SHOP)
    station.says(waiting, "operator")
    station.write(lambda tx: calling.join_room(tx, waiting, station.now))
    station.alarm(code="FA", zone="7")
    asked = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    assert asked == []


def test_a_code_of_duress_makes_it_real(station: Station) -> None:
    row = rehearse(station)
    call_id = station.picks_up(SHOP)
    station.says(call_id, "duress")
    row = station.incident(row.id)
    assert (row.exercise, row.duress, row.category) == (False, True, "vital")
    assert row.queue_due is not None
    assert row.state == "open"
    assert "rehearsal_real" in told(station, row)


def test_it_is_refused_while_the_site_is_in_alarm(station: Station) -> None:
    station.alarm()
    with pytest.raises(Refused, match="in alarm"):
        rehearse(station)


def test_it_is_refused_twice_at_once_and_where_nobody_may_be_called(station: Station) -> None:
    rehearse(station)
    with pytest.raises(Refused, match="already"):
        rehearse(station)
    station.put("1003", state="terminated")
    with pytest.raises(Refused, match="terminated"):
        station.write(
            lambda tx: rehearsing.rehearse(
                tx, simulation.plan_of(tx, "fire"), "1003", Kind.FIRE, "claire", station.now
            )
        )
    with pytest.raises(NotFound):
        station.write(
            lambda tx: rehearsing.rehearse(
                tx, simulation.plan_of(tx, "fire"), "9999", Kind.FIRE, "claire", station.now
            )
        )


def test_a_rehearsed_hold_up_mutes_nobody(station: Station) -> None:
    station.plan(
        "mute",
        {"id": "op", "kind": "hand_to_operator", "outcomes": {"done": "last"}},
        {"id": "last", "kind": "hand_to_operator"},
    )
    row = rehearse(station, "mute", Kind.HOLD_UP)
    assert row.state == "open"
    assert station.read(lambda tx: incidents.site_is_mute(tx, "1002")) is False


def test_nothing_changes_at_the_site(station: Station) -> None:
    station.plan(
        "changes",
        {"id": "test", "kind": "set_on_test", "minutes": 60, "outcomes": {"done": "measure"}},
        {
            "id": "measure",
            "kind": "protective_measure",
            "text": "Ronde",
            "outcomes": {"done": "op"},
        },
        {"id": "op", "kind": "counter_call"},
    )
    row = rehearse(station, "changes")
    assert row.step == "op"
    assert station.read(lambda tx: measures.protected_until(tx, row.id, station.now)) is None
    assert station.read(lambda tx: supervision.tests_of(tx, "1002", limit=5)) == []


def test_no_service_is_called(station: Station) -> None:
    row = rehearse(station)
    station.write(lambda tx: operating.claim(tx, row.id, "claire", station.now))
    with pytest.raises(Refused, match="exercise"):
        station.write(
            lambda tx: services.service_call(
                tx, row.id, "claire", Service.POLICE.value, station.now
            )
        )


def test_calls_of_an_exercise_come_after_all_others(station: Station) -> None:
    row = rehearse(station, "fire", Kind.FIRE)
    call = station.calls(row.id)[0]
    assert call.state == CallState.REQUESTED
    assert call.priority == 4
