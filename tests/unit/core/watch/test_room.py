"""The station's own panel: what is vital there, who answers, and the two doors of its entrance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.signals.events import lookup
from callflow.core.signals.signal import Category, Kind
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.room import Movement, Room, airlock, answered, bent, movement
from tests.unit.core.alarm import an_incident

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ROOM = Room(account="0001", outer_door="11", inner_door="12", answer=30, door_open=60)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("HA", Kind.HOLD_UP),
        ("PA", Kind.PANIC),
        ("MA", Kind.PANIC),  # man down: as mute as a hold-up
        ("BA", Kind.INTRUSION),
        ("DF", Kind.INTRUSION),  # the entrance is forced
        ("FA", Kind.FIRE),
        ("TA", Kind.TAMPER),
    ],
)
def test_what_endangers_the_station_is_vital(code: str, kind: Kind) -> None:
    found = bent(lookup("SIA-DCS", code))
    assert (found.kind, found.category, found.priority) == (kind, Category.VITAL, 1)


@pytest.mark.parametrize("code", ["AT", "YT", "DO", "OP", "CL", "RP", "BR"])
def test_all_else_stays_what_it_is(code: str) -> None:
    assert bent(lookup("SIA-DCS", code)) == lookup("SIA-DCS", code)


def test_the_end_of_a_man_down_ends_what_it_opened() -> None:
    assert bent(lookup("SIA-DCS", "MR")).restores is Kind.PANIC


def test_no_panel_no_room() -> None:
    assert not Room().is_own("")
    assert ROOM.is_own("0001")


@pytest.mark.parametrize(
    ("kind", "waits", "holder", "how"),
    [
        (Kind.FIRE, 29, None, (State.DEGRADED, Reason.IN_ALARM)),
        (Kind.FIRE, 30, None, (State.FAILED, Reason.NOT_TAKEN)),
        (Kind.FIRE, 300, "claire", (State.DEGRADED, Reason.IN_ALARM)),
        (Kind.HOLD_UP, 0, None, (State.FAILED, Reason.PERSON)),
        (Kind.HOLD_UP, 300, "claire", (State.FAILED, Reason.PERSON)),  # who takes it may be forced
    ],
)
def test_an_alarm_that_nobody_here_answers_goes_outside(
    kind: Kind, waits: int, holder: str | None, how: tuple[State, Reason]
) -> None:
    opened_at = NOW - timedelta(seconds=waits)
    alarm = replace(an_incident(kind, Category.VITAL), holder=holder, opened_at=opened_at)
    found = answered([alarm], ROOM, NOW)
    assert (found.state, found.reason, found.vital) == (*how, True)


def test_a_quiet_room_and_a_rehearsal_are_well() -> None:
    alarm = replace(an_incident(Kind.HOLD_UP, Category.VITAL), exercise=True)
    assert answered([], ROOM, NOW).state is State.OK
    assert answered([alarm], ROOM, NOW).state is State.OK


# --- the doors --------------------------------------------------------------------------------


def moved(door: str, code: str, ago: float, *, proven: bool = True) -> Movement | None:
    at = NOW - timedelta(seconds=ago)
    return movement(ROOM, door, code, lookup("SIA-DCS", code), at, proven=proven)


def doors(*said: tuple[str, str, float]) -> tuple[State, Reason | None]:
    found = airlock([one for each in said if (one := moved(*each))], ROOM, NOW)
    return found.state, found.reason


WELL = (State.OK, None)
BOTH = (State.FAILED, Reason.BOTH_OPEN)


def test_one_door_after_the_other_is_how_it_is_meant() -> None:
    assert doors() == WELL
    assert doors(("11", "DO", 30), ("11", "DC", 25), ("12", "DO", 20), ("12", "DC", 15)) == WELL


def test_both_open_at_once_are_found_however_short_and_told_for_a_minute() -> None:
    assert doors(("11", "DO", 9), ("12", "DO", 5)) == BOTH
    assert doors(("11", "DO", 61), ("12", "DO", 60), ("12", "DC", 59), ("11", "DC", 50)) == BOTH
    assert doors(("11", "DO", 70), ("12", "DO", 65), ("12", "DC", 61), ("11", "DC", 55)) == WELL


def test_the_outer_door_may_not_stand_open() -> None:
    assert doors(("011", "DO", 59)) == WELL
    assert doors(("011", "DO", 60)) == (State.FAILED, Reason.LEFT_OPEN)
    assert doors(("12", "DO", 600)) == WELL  # the inner one may


def test_a_door_s_alarm_opens_it_and_its_restore_closes_it() -> None:
    assert doors(("11", "BA", 90)) == (State.FAILED, Reason.LEFT_OPEN)
    assert doors(("11", "BA", 90), ("11", "BR", 1)) == WELL
    assert doors(("11", "DG", 90), ("11", "DD", 80), ("11", "TA", 70), ("7", "DO", 90)) == WELL


def test_without_proof_a_door_opens_and_never_closes() -> None:
    assert moved("11", "DO", 1, proven=False) is not None
    assert moved("11", "DC", 1, proven=False) is None
    assert moved("11", "BR", 1, proven=False) is None


def test_where_one_door_is_not_set_its_zone_is_none() -> None:
    room = replace(ROOM, inner_door="")
    assert movement(room, "", "DO", lookup("SIA-DCS", "DO"), NOW, proven=True) is None
