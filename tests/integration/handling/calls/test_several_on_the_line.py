"""One operator, several people on the line at once (D8): each waits in turn and none is lost."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.handling.base.refusals import Refused
from callflow.handling.calls import telephone
from callflow.handling.desks import waiting_line
from tests.integration.handling.calls.test_telephone import calls_contact, held_by, talks
from tests.integration.handling.desks.test_distribution import (
    OTHER,
    STRANGER,
    acts,
    comes_in,
    rings,
    works,
)
from tests.integration.handling.station import FIRST, SECOND, Station, a_site
from web.pages.calls import telephone_views

Row = dict[str, Any]


def takes(station: Station, room: str, who: str = "ines") -> None:
    station.write(lambda tx: telephone.join(tx, who, room, station.now))


def leaves(station: Station) -> None:
    """The operator's leg, which was asked to end, is over; the next one is answered."""
    (leg,) = [call for call, kind in acts(station) if kind == "hang_up"]
    station.hangs_up(leg)
    station.picks_up("op-ines")


def shown(station: Station, who: str = "ines") -> telephone_views.Telephone:
    return station.read(telephone_views.exchange).of(who)


def test_taking_another_leaves_the_first_with_music_and_one_key_goes_back(station: Station) -> None:
    station.put()
    works(station, "ines")
    incident = talks(station)
    person, waiting = station.live(FIRST).id, comes_in(station)
    takes(station, waiting)
    leaves(station)
    assert station.live("op-ines").room == waiting
    assert station.call(person).ended_at is None
    assert station.incident(incident.id).holder == "ines"
    assert "left_waiting" in station.told(incident.id)
    (one,) = shown(station).waiting
    assert (one.id, one.left) == (person, True)
    takes(station, station.call(person).room or "")
    leaves(station)
    assert station.live("op-ines").room == station.call(person).room
    assert [one.id for one in shown(station).waiting] == [waiting]


def test_who_was_left_is_told_so(station: Station) -> None:
    works(station, "ines")
    person = comes_in(station)
    station.picks_up("op-ines")
    waiting = comes_in(station, OTHER)
    acts(station)
    takes(station, waiting)
    leaves(station)
    station.later(2)
    assert (person, "announce") not in acts(station)  # the page may only have lost the sound
    station.later(2)
    assert (person, "announce") in acts(station)
    station.later(2)
    assert (person, "announce") not in acts(station)


def test_nobody_is_called_into_what_the_operator_left(station: Station) -> None:
    station.put()
    works(station, "ines")
    calls_contact(station, held_by(station, "ines"), "ines", "1002-anne")
    station.picks_up("op-ines")
    assert station.place() == [FIRST]
    dialled = station.live(FIRST).id
    takes(station, comes_in(station))
    assert (dialled, "hang_up") in acts(station)


def test_who_was_never_spoken_to_is_before_who_was(station: Station) -> None:
    station.put()
    works(station, "ines")
    talks(station)
    first = station.live(FIRST).id
    station.later(1)
    second, third = comes_in(station, OTHER), comes_in(station, STRANGER)
    station.later(1)  # who is left waits from here, after both
    takes(station, second)
    leaves(station)
    assert [one.id for one in shown(station).waiting] == [third, first]


def test_who_comes_is_not_beside_those_who_wait(station: Station) -> None:
    station.put()
    works(station, "ines")
    talks(station)
    waiting = comes_in(station)
    assert [one.id for one in shown(station).waiting] == [waiting]
    takes(station, waiting)
    assert shown(station).waiting == ()


def test_a_desk_without_a_telephone_takes_nobody_and_leaves_nobody(station: Station) -> None:
    works(station, "ines", phone="UNAVAILABLE")
    waiting = comes_in(station)
    with pytest.raises(Refused, match="not connected"):
        takes(station, waiting)


def test_a_lift_that_calls_by_itself_is_urgent_without_an_alarm(station: Station) -> None:
    cabin: Row = {"id": "1002-cabin", "name": "cabin", "role": "device", "phone": SECOND}
    people = [one for one in a_site()["contacts"] if one["phone"] != SECOND]
    station.put(contacts=[*people, cabin])
    works(station, "ines")
    comes_in(station, STRANGER)
    lift = comes_in(station, SECOND)
    assert next(one.call.id for one in station.read(waiting_line.queue)) == lift
    assert rings(station, lift)
    assert shown(station).waiting[0].urgent
