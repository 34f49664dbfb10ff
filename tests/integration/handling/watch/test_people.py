"""Who works at the station as organs of it: screens and the room, by rows; what goes outside."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import Category, Kind
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.readings import Reading
from callflow.handling.alarms import operating
from callflow.handling.desks import shifts
from callflow.handling.watch import people
from callflow.storage import Tx
from callflow.storage.people import users
from callflow.storage.watch import readings as rows
from tests.integration.handling.station import DESK, DUTY, NIGHT, SECOND_DESK, Station
from tests.support.stations.people import add_operator
from web.pages.alarms import views

OWN = "0001"
FROZEN_AFTER = 40.0
ROOM = {
    "room_account": OWN,
    "room_answer": 30.0,
    "room_outer_door": "11",
    "room_inner_door": "12",
    "room_door_open": 60.0,
}


@pytest.fixture(autouse=True)
def two(station: Station) -> None:
    """Two operators on shift."""
    for name in ("claire", "david"):
        station.write(partial(add_operator, name=name, now=NIGHT))
        station.write(
            partial(shifts.begin_shift, user_id=name, who=name, ticked=(), read_at=NIGHT, now=NIGHT)
        )


def web_says(station: Station, *screens: dict[str, Any]) -> None:
    now, state = station.now, {"screens": list(screens)}

    def beat(tx: Tx) -> None:
        users.process_beat(
            tx, "web", pid=1, since=now, now=now, state=state, node="node0", host="alpha"
        )

    station.write(beat)


def screen(who: str, drawn: float, **more: Any) -> dict[str, Any]:
    return {"id": who, "user_id": who, "open_for": 999.0, "drawn": drawn, **more}


def looks(station: Station) -> None:
    """As the engine does every five seconds."""
    found = station.read(lambda tx: people.find(tx, station.now, FROZEN_AFTER))
    if found:
        station.write(lambda tx: people.act(tx, found, station.now))
    station.correlate()


def kept(station: Station) -> dict[str, Reading]:
    return {one.key: one for one in station.read(rows.every)}


def failures(station: Station) -> list[Incident]:
    return [one for one in station.incidents() if one.kind is Kind.ORGAN]


# --- screens ------------------------------------------------------------------------------------


def test_a_frozen_screen_is_an_alarm_and_vital_where_it_is_the_only_one(station: Station) -> None:
    web_says(station, screen("claire", 50.0), screen("david", 2.0))
    looks(station)
    assert kept(station)["screen:claire@"].reason is Reason.FROZEN
    (alarm,) = failures(station)
    assert alarm.category is not Category.VITAL
    web_says(station, screen("claire", 55.0), screen("david", 50.0))
    looks(station)
    assert {one.category for one in failures(station)} == {Category.VITAL}
    web_says(station, screen("claire", 1.0), screen("david", 2.0))
    looks(station)
    assert {state for one in failures(station) for state in one.zones.values()} == {"restored"}


def test_what_is_no_news_is_not_written_again_and_again(station: Station) -> None:
    web_says(station, screen("claire", 1.0))
    looks(station)
    assert not station.read(lambda tx: people.find(tx, station.now, FROZEN_AFTER))
    station.later(60)
    web_says(station, screen("claire", 1.0))
    assert station.read(lambda tx: people.find(tx, station.now, FROZEN_AFTER))


def test_a_web_that_says_nothing_freezes_nobody_s_screen(station: Station) -> None:
    web_says(station, screen("claire", 39.0))
    station.later(11)  # it does not live any more
    looks(station)
    assert kept(station) == {}


def test_whoever_left_has_no_screen_any_more(station: Station) -> None:
    web_says(station, screen("claire", 50.0), screen("david", 2.0))
    looks(station)
    station.write(lambda tx: shifts.leave(tx, "claire", "claire", station.now))
    looks(station)
    assert list(kept(station)) == ["screen:david@"]
    assert failures(station)[0].zones == {"screen:claire": "restored"}


@pytest.mark.parametrize("said", [{}, {"drawn": "now"}, {"open_for": [1]}, {"user_id": None}])
def test_rows_that_say_something_else_are_no_screen(station: Station, said: Any) -> None:
    web_says(station, said)
    looks(station)
    assert kept(station) == {}


# --- the room -------------------------------------------------------------------------------------


@pytest.fixture
def room(station: Station) -> None:
    station.write(lambda tx: users.write_settings(tx, ROOM))
    station.put(OWN, contacts=[])


@pytest.mark.usefixtures("room")
def test_an_intrusion_here_is_vital_and_goes_outside_where_nobody_takes_it(
    station: Station,
) -> None:
    alarm = station.alarm("BA", "3", OWN)
    assert (alarm.category, alarm.priority, alarm.with_human) == (Category.VITAL, 1, True)
    looks(station)
    assert failures(station) == []
    station.later(30)
    looks(station)
    (outside,) = failures(station)
    assert (outside.category, dict(outside.zones)) == (Category.VITAL, {"room:": "alarm"})
    assert kept(station)["room:@"].reason is Reason.NOT_TAKEN
    station.write(lambda tx: operating.claim(tx, alarm.id, "claire", station.now))
    looks(station)
    assert kept(station)["room:@"].reason is Reason.IN_ALARM


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("code", ["HA", "MA"])
def test_who_is_held_up_or_fell_here_hears_nothing_and_it_goes_outside_at_once(
    station: Station, code: str
) -> None:
    alarm = station.alarm(code, "7", OWN)
    assert alarm.mute
    looks(station)
    (outside,) = failures(station)
    assert outside.category is Category.VITAL
    shown = {line.id: line for line in station.read(lambda tx: views.lines(tx, station.now))}
    assert shown[alarm.id].target_at is None  # no console sounds
    assert shown[outside.id].target_at is None
    for _ in range(6):
        station.later(61)
        for number in station.place():
            station.ends(number, "no_answer")
    rung = {number for one in (alarm, outside) for number, _ in station.called(one.id)}
    assert DUTY in rung
    assert not rung & {DESK, SECOND_DESK}


@pytest.mark.usefixtures("room")
def test_a_hold_up_elsewhere_rings_the_desks_as_before(station: Station) -> None:
    station.put("1002")
    alarm = station.alarm("HA", "7", "1002")
    looks(station)
    assert failures(station) == []
    station.later(61)
    assert DESK in station.place()
    assert kept(station)["room:@"].state is State.OK
    assert alarm.mute


@pytest.mark.usefixtures("room")
def test_both_doors_open_at_once_are_an_alarm_and_their_closing_ends_it(station: Station) -> None:
    for code, zone in (("DO", "11"), ("DO", "012")):
        station.receives(station.signal(code, zone, OWN))
    station.correlate()
    looks(station)
    assert kept(station)["access:airlock@"].reason is Reason.BOTH_OPEN
    (alarm,) = failures(station)
    assert list(alarm.zones) == ["access:airlock"]
    for zone in ("11", "12"):
        station.receives(station.signal("DC", zone, OWN))
    station.later(61)
    looks(station)
    assert failures(station)[0].zones == {"access:airlock": "restored"}


@pytest.mark.usefixtures("room")
def test_a_room_that_is_not_set_any_more_is_no_organ(station: Station) -> None:
    looks(station)
    assert set(kept(station)) == {"room:@", "access:airlock@"}
    station.write(lambda tx: users.write_settings(tx, {"room_account": ""}))
    looks(station)
    assert kept(station) == {}
