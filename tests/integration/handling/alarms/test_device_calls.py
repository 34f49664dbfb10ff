"""A lift's cabin that calls by itself: the call is an alarm, and what its panel sends is the same
matter (D8)."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.calls import dialogue
from callflow.handling.calls import dialogues
from callflow.handling.desks import queueing, waiting_line
from tests.integration.handling.desks.test_distribution import comes_in, works
from tests.integration.handling.station import FIRST, SECOND, Station

CABIN, OTHER_CABIN = "+33639987301", "+33639987302"
TALKS = {"id": "cabin", "kind": "voice_first", "outcomes": {"operator": "end", "exhausted": "end"}}
END = {"id": "end", "kind": "hand_to_operator"}


def lift(station: Station, *cabins: str) -> None:
    people: list[dict[str, Any]] = [
        {"id": f"cabin{place}", "name": "Cabine", "role": "device", "phone": number}
        for place, number in enumerate(cabins)
    ]
    keyholder = {"id": "anne", "name": "Anne", "role": "keyholder", "phone": FIRST}
    station.plan("lift", TALKS, END)
    station.put(contacts=[*people, keyholder], plans={"lift": "lift"})


def correlates(station: Station) -> None:
    station.correlate()


def test_a_cabin_that_calls_is_an_alarm_of_its_site(station: Station) -> None:
    lift(station, CABIN)
    call = comes_in(station, CABIN)
    correlates(station)
    (alarm,) = station.incidents()
    assert (alarm.kind, alarm.site_id, alarm.with_human) == ("lift", "1002", True)
    assert station.call(call).incident_id == alarm.id
    assert station.call(call).step == "cabin"
    assert CABIN not in station.place(), "it is on the line"
    (waits,) = station.read(waiting_line.waiting)
    assert waits.caller.urgent


@pytest.mark.parametrize("answered", [False, True])
def test_who_answers_the_cabin_has_its_alarm(station: Station, answered: bool) -> None:
    """Whether they answered before the alarm was there, or after."""
    works(station, "ines")
    lift(station, CABIN)
    call = comes_in(station, CABIN)
    if not answered:
        correlates(station)
    leg = station.picks_up("op-ines")
    station.says(leg, "operator")
    if answered:
        correlates(station)
    (alarm,) = station.incidents()
    assert alarm.holder == "ines"
    assert station.call(leg).incident_id == alarm.id
    station.hangs_up(call, "operator")
    assert CABIN not in station.place()


def test_the_panel_s_signal_joins_the_live_call(station: Station) -> None:
    lift(station, CABIN)
    call = comes_in(station, CABIN)
    correlates(station)
    alarm = station.alarm("BA", "9")
    assert [row.id for row in station.incidents()] == [alarm.id]
    assert set(alarm.zones) == {"", "9"}
    assert station.call(call).incident_id == alarm.id


def test_the_call_joins_what_the_panel_sent_before(station: Station) -> None:
    lift(station, CABIN)
    alarm = station.alarm("BA", "9")
    station.live(CABIN)  # the plan calls the cabin
    call = comes_in(station, CABIN)
    correlates(station)
    assert [row.id for row in station.incidents()] == [alarm.id]
    assert station.call(call).incident_id == alarm.id
    assert CABIN not in station.place(), "it called first"


def test_an_older_fire_is_not_what_the_cabin_calls_about(station: Station) -> None:
    lift(station, CABIN)
    fire = station.alarm("FA")
    call = comes_in(station, CABIN)
    correlates(station)
    (alarm,) = [row for row in station.incidents() if row.id != fire.id]
    assert alarm.kind == "lift"
    assert station.call(call).incident_id == alarm.id


def test_of_two_cabins_each_alarm_is_its_own(station: Station) -> None:
    lift(station, CABIN, OTHER_CABIN)
    comes_in(station, CABIN)
    correlates(station)
    alarm = station.alarm("BA", "9")
    assert len(station.incidents()) == 2
    assert set(alarm.zones) == {"9"}


def test_another_device_s_signal_is_tied_to_its_live_call(station: Station) -> None:
    """A lone worker's telephone, where nothing tells which alarm it would be, before its signal."""
    device = {"id": "lone", "name": "Jean", "role": "device", "phone": SECOND}
    station.put(contacts=[device], zones=[])
    call = comes_in(station, SECOND)
    correlates(station)
    assert station.incidents() == []
    alarm = station.alarm("MA")
    assert station.call(call).incident_id == alarm.id


def test_a_keyholder_s_call_is_no_lift_s(station: Station) -> None:
    lift(station, CABIN)
    comes_in(station, FIRST)
    correlates(station)
    assert station.incidents() == []


def test_who_waits_in_a_cabin_hears_that_they_are_not_alone_unless_the_site_is_mute(
    station: Station,
) -> None:
    """D34: and whoever calls from a site with a hold-up hears what gives nothing away."""
    lift(station, CABIN)
    assert told(station, comes_in(station, FIRST)) == ["position_next"]
    assert told(station, comes_in(station, CABIN)) == ["not_alone"]
    station.alarm("HA")
    assert told(station, comes_in(station, CABIN)) == ["hold_the_line"]
    assert told(station, comes_in(station, FIRST)) == ["hold_the_line"]


def told(station: Station, call: str) -> list[str]:
    """What somebody who waits is told of their place."""
    assert station.write(lambda tx: queueing.announcing(tx, call))
    begun = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, call))
    assert begun is not None
    turn = dialogue.turn(*begun)
    assert turn is not None
    return [phrase.key for phrase in turn.say]
