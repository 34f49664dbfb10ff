"""Where a battery ends: who is on the line as the rows say, what is told, and who is asked."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import Kind
from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.power import Act, Calls
from callflow.core.watch.readings import Reading
from callflow.handling.calls import dialogues
from callflow.handling.watch import power, readings
from callflow.storage.alarms import incidents
from tests.integration.handling.station import FIRST, SHOP, Station


def on_battery(station: Station) -> Reading:
    return Reading(
        part=Part.POWER,
        name="salle",
        node="alpha",
        state=State.FAILED,
        reason=Reason.LOW_BATTERY,
        at=station.now,
        valid=timedelta(minutes=3),
        vital=True,
    )


def failed(station: Station) -> Incident:
    station.write(lambda tx: readings.take(tx, [on_battery(station)], station.now))
    station.correlate()
    (found,) = station.read(lambda tx: incidents.open_ones(tx, kinds=[Kind.ORGAN]))
    return found


def now(station: Station) -> Calls:
    return station.read(lambda tx: power.calls_now(tx, "node0"))


def test_a_call_of_a_break_in_is_one_of_others_and_whoever_calls_is_in_need(
    station: Station,
) -> None:
    station.put()
    station.alarm()
    assert now(station) == Calls()  # asked for, and nobody is on a line
    station.rings(SHOP)
    assert now(station) == Calls(others=1)
    station.write(lambda tx: dialogues.incoming_call(tx, "1796.1", FIRST, "node0", station.now))
    assert now(station) == Calls(in_need=1, others=1)
    station.hangs_up("1796.1")
    assert now(station) == Calls(others=1)


def test_a_fire_is_waited_for_and_its_calls_are_of_people_in_need(station: Station) -> None:
    station.put()
    station.alarm("FA", "3")
    assert now(station) == Calls(others=1)  # the alarm, with nobody on the line yet
    station.rings(SHOP)
    assert now(station) == Calls(in_need=1, others=1)


def test_the_battery_s_own_alarm_is_nothing_to_wait_for(station: Station) -> None:
    assert failed(station).priority == 1
    assert now(station) == Calls()


def test_what_is_done_is_told_and_the_alarm_of_the_supply_asks_a_human(station: Station) -> None:
    incident, at = failed(station), station.now
    keys, who = [on_battery(station).key, "power:other@alpha"], Calls(in_need=1, others=2)
    for act in (Act.OFFER, Act.WAIT, Act.STOP):
        station.write(partial(power.acts, act=act, who=who, left=170.0, supplies=keys, now=at))
    shown = station.incident(incident.id)
    assert shown.with_human
    for kind in ("power_offer", "power_wait", "power_stop"):
        (told,) = station.entries(kind)
        assert "3 min restantes" in told.text
    reasons = [entry.data["reason"] for entry in station.entries("human")]
    assert reasons.count(power.HAND_OVER) == 1


def test_a_station_that_was_stopped_says_since_when(station: Station) -> None:
    since = station.now - timedelta(hours=2)
    station.write(lambda tx: power.runs_again(tx, since, station.now))
    (told,) = station.entries("power_back")
    assert told.data["since"].startswith(f"{since:%Y-%m-%dT%H:%M}")
