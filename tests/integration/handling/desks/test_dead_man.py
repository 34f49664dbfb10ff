"""The dead man's switch as rows: found out once, its plan calls, a sign of presence ends it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.desks.presence import BreakReason, Presence
from callflow.core.desks.roster import Part
from callflow.core.time.hours import Span
from callflow.handling.alarms import operating
from callflow.handling.alarms.ends.filing import NeedsSupervisor
from callflow.handling.base.refusals import Refused
from callflow.handling.desks import dead_man, presence, rosters, shifts
from callflow.storage.calls import calls, phones
from callflow.storage.desks import shifts as rows
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from tests.integration.handling.station import DESK, DUTY, NIGHT, SECOND_DESK, Station
from tests.support.rows.full_rows import a_phone
from tests.support.stations.people import add_operator
from web.api import reading

ON_CALL, SUPERVISOR = "+33639989920", "+33639989921"
MINUTES = 60


@pytest.fixture(autouse=True)
def users(station: Station) -> None:
    for name in ("claire", "david"):
        station.write(partial(add_operator, name=name, now=NIGHT))


def begin(station: Station, who: str = "claire") -> str:
    ticked, now = {r.id for r in station.incidents(state="open")}, station.now
    return station.write(lambda tx: shifts.begin_shift(tx, who, who, ticked, now, now))


def passes(station: Station, seconds: float) -> None:
    """Time passes, and the engine looks for who is silent."""
    station.later(seconds)
    if station.read(lambda tx: dead_man.is_overdue(tx, station.now)):
        station.write(lambda tx: dead_man.raise_overdue(tx, station.now))
        station.correlate()


def alarms(station: Station, kind: str = "dead_man") -> list[Incident]:
    return [row for row in station.incidents() if row.kind == kind]


def on_roster(station: Station, part: Part, phone: str, name: str = "Ana") -> None:
    span = Span(NIGHT - timedelta(hours=1), NIGHT + timedelta(hours=6))
    station.write(
        lambda tx: rosters.add_duties(tx, part, name, phone, [span], "claire", station.now)
    )


def test_silence_rings_every_desk_and_a_key_there_ends_it(station: Station) -> None:
    begin(station)
    passes(station, 30 * MINUTES + 59)
    assert alarms(station) == []
    passes(station, 1)
    (alarm,) = alarms(station)
    assert (alarm.category, alarm.with_human) == ("vital", True)
    assert sorted(station.wanted()) == [DESK, SECOND_DESK]
    assert sorted(station.place()) == [DESK, SECOND_DESK]
    station.replies(DESK, "acknowledged")
    (alarm,) = alarms(station)
    assert (alarm.state, alarm.resolution_code) == ("filed", "present")
    passes(station, 29 * MINUTES)
    assert len(alarms(station)) == 1
    passes(station, 3 * MINUTES)
    assert len(alarms(station)) == 2


def test_a_desk_that_answered_lets_the_other_ring_no_longer(station: Station) -> None:
    begin(station)
    passes(station, 31 * MINUTES)
    station.place()
    second = station.live(SECOND_DESK).id
    station.picks_up_ringing(DESK)
    station.says(station.live(DESK).id, "acknowledged")
    station.hangs_up(station.live(DESK).id)
    asked = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    assert [(one.kind, one.call_id) for one in asked] == [("hang_up", second)]


def test_nobody_at_the_desk_rings_the_duty_number_then_a_supervisor(station: Station) -> None:
    on_roster(station, Part.SUPERVISOR, SUPERVISOR)
    begin(station)
    passes(station, 31 * MINUTES)
    (alarm,) = alarms(station)
    for number in (DESK, SECOND_DESK):
        station.ends(number, "no_answer")
    for _ in range(2):
        station.later(20)
        station.ends(DUTY, "no_answer")
    station.later(1)
    station.replies(SUPERVISOR, "acknowledged")
    called = [number for number, _ in station.called(alarm.id)]
    assert called == [DESK, SECOND_DESK, DUTY, DUTY, SUPERVISOR]
    (alarm,) = alarms(station)
    assert (alarm.state, alarm.human_reason) == ("open", "plan")


def test_who_is_on_duty_is_called_before_the_station_s_number(station: Station) -> None:
    on_roster(station, Part.TECHNICIAN, ON_CALL)
    begin(station)
    passes(station, 31 * MINUTES)
    (alarm,) = alarms(station)
    for number in (DESK, SECOND_DESK):
        station.ends(number, "no_answer")
    station.ends(ON_CALL, "no_answer")
    station.replies(DUTY, "acknowledged")
    assert [n for n, _ in station.called(alarm.id)][2:] == [ON_CALL, DUTY]
    assert alarms(station)[0].state == "open"  # somebody must go and see


def test_the_telephone_of_whoever_is_alone_rings_too(station: Station) -> None:
    for who, state in (("claire", "NOT_INUSE"), ("david", "NOT_INUSE"), ("zoe", "UNAVAILABLE")):
        owner = "claire" if who == "zoe" else who
        phone = a_phone(f"op-{who}", owner, NIGHT, state=state)
        station.write(partial(phones.insert, phone=phone))
    begin(station)
    passes(station, 31 * MINUTES)
    assert sorted(station.place()) == [DESK, SECOND_DESK, "op-claire"]
    station.replies("op-claire", "acknowledged")
    assert alarms(station)[0].resolution_code == "present"
    (rung,) = [c for c in station.calls(alarms(station)[0].id) if c.to == "op-claire"]
    shown = reading.call(rung, ())
    assert (shown["to"], shown["contact"]) == ("the desk of claire", "desk-1:claire")
    told = station.read(lambda tx: logbook.page(tx, limit=10_000))
    assert not [row for row in told if "op-" in f"{row.text}{row.data}"]


def test_unclaimed_work_rings_who_is_on_duty_first(station: Station) -> None:
    on_roster(station, Part.TECHNICIAN, ON_CALL)
    alarm = station.alarm("FA", account="9999")  # nobody's: no contact is called
    rung = []
    for _ in range(4):
        station.later(61)
        (call,) = [c for c in station.calls(alarm.id) if c.state == "requested"]
        rung.append(call.to)
        station.ends(call.to, "no_answer")
    assert rung == [DESK, SECOND_DESK, ON_CALL, DUTY]


def test_every_act_is_a_sign_and_so_is_a_key_of_the_console(station: Station) -> None:
    begin(station)
    alarm = station.alarm()
    passes(station, 20 * MINUTES)
    station.write(lambda tx: operating.note(tx, alarm.id, "claire", "vu", station.now))
    passes(station, 25 * MINUTES)
    assert alarms(station) == []
    station.write(lambda tx: dead_man.confirm_presence(tx, "claire", "claire", station.now))
    passes(station, 30 * MINUTES)
    assert alarms(station) == []
    passes(station, 1 * MINUTES)
    assert len(alarms(station)) == 1
    with pytest.raises(Refused, match="not on shift"):
        station.write(lambda tx: dead_man.confirm_presence(tx, "david", "david", station.now))
    station.write(lambda tx: dead_man.confirm_presence(tx, "claire", "claire", station.now))
    (found,) = alarms(station)
    assert found.state == "filed"
    assert set(station.call_states(found.id)) == {"cancelled"}


def test_an_alarm_is_raised_once(station: Station) -> None:
    begin(station)
    for _ in range(5):
        passes(station, 31 * MINUTES)
    (alarm,) = alarms(station)
    assert alarm.signal_count == 1


def test_two_on_shift_watch_over_each_other(station: Station) -> None:
    begin(station)
    begin(station, "david")
    passes(station, 60 * MINUTES)
    assert alarms(station) == []
    station.write(lambda tx: shifts.end_shift(tx, "david", "david", {}, station.now))
    passes(station, 30 * MINUTES)
    assert alarms(station) == []  # alone only since then
    passes(station, 1 * MINUTES)
    assert len(alarms(station)) == 1


def test_who_forgot_to_end_a_shift_watches_over_nobody(station: Station) -> None:
    begin(station, "david")
    station.later(14 * 60 * MINUTES)
    begin(station)
    passes(station, 65 * MINUTES)  # by day
    (alarm,) = alarms(station)
    (signal,) = station.read(lambda tx: signals.page(tx, incident=alarm.id, limit=9))
    assert signal.text == "claire"


def test_a_night_with_nobody_is_a_fault_until_somebody_comes(station: Station) -> None:
    begin(station)
    station.write(
        lambda tx: shifts.end_shift(
            tx, "claire", "claire", {}, station.now, supervisor="david", reason="repli"
        )
    )
    passes(station, 4 * MINUTES)
    assert alarms(station, "unattended") == []
    for _ in range(3):
        passes(station, 2 * MINUTES)
    (fault,) = alarms(station, "unattended")
    assert (fault.priority, fault.with_human) == (1, True)
    station.later(91)
    assert DESK in station.wanted()
    begin(station, "david")
    station.correlate()
    assert alarms(station, "unattended")[0].zones == {"": "restored"}


def test_a_station_that_never_had_a_shift_does_without(station: Station) -> None:
    passes(station, 60 * MINUTES)
    assert station.incidents() == []


def test_without_a_sign_it_is_closed_by_two_people_and_a_reason(station: Station) -> None:
    """What the operator alone can't say, one other can't say for them (D30)."""
    begin(station)
    passes(station, 31 * MINUTES)
    (alarm,) = alarms(station)

    def closes(who: str, text: str = "vu sur place", *, supervises: bool = False) -> object:
        return station.write(
            lambda tx: operating.close_incident(
                tx, alarm.id, who, "other", text, station.now, supervises=supervises
            )
        )

    with pytest.raises(Refused, match="with a reason"):
        closes("david", "")
    assert isinstance(closes("david"), NeedsSupervisor)
    assert isinstance(closes("david", supervises=True), NeedsSupervisor)  # the same person
    assert alarms(station)[0].state == "open"
    closes("odile", supervises=True)
    assert alarms(station)[0].state == "filed"


def test_signs_are_for_every_shift_that_runs(station: Station) -> None:
    begin(station)
    station.write(lambda tx: dead_man.confirm_presence(tx, "claire", "claire", station.now))
    (row,) = station.read(rows.on_shift)
    assert row.attended_at == station.now
    assert station.told()[-1] == "presence_confirmed"


def rests(station: Station, who: str, state: Presence = Presence.BREAK) -> None:
    why = BreakReason.MEAL if state is Presence.BREAK else None
    station.write(lambda tx: presence.choose(tx, who, state, why, station.now))


def test_who_is_left_while_the_other_is_on_a_break_is_alone(station: Station) -> None:
    begin(station)
    begin(station, "david")
    passes(station, 40 * MINUTES)
    rests(station, "david")
    passes(station, 15 * MINUTES)
    assert alarms(station) == []
    passes(station, 1 * MINUTES)
    (alarm,) = alarms(station)
    (signal,) = station.read(lambda tx: signals.page(tx, incident=alarm.id, limit=9))
    assert signal.text == "claire"


def test_who_is_on_a_break_answers_for_nobody_at_the_desk(station: Station) -> None:
    begin(station)
    begin(station, "david")
    rests(station, "david")
    with pytest.raises(Refused, match="on a break"):
        station.write(lambda tx: dead_man.confirm_presence(tx, "david", "david", station.now))
    passes(station, 14 * MINUTES)
    rests(station, "david", Presence.AVAILABLE)
    passes(station, 60 * MINUTES)
    assert alarms(station) == []  # two again


def test_where_everybody_rests_whoever_went_last_is_watched(station: Station) -> None:
    begin(station)
    begin(station, "david")
    rests(station, "david")
    station.later(10 * MINUTES)
    rests(station, "claire")
    rows_ = station.read(rows.on_shift)
    due = station.read(lambda tx: dead_man.watched(tx, station.now))
    assert due is not None
    assert {row.id: row.name for row in rows_}[due.shift] == "claire"
    station.write(lambda tx: dead_man.confirm_presence(tx, "claire", "claire", station.now))


def test_a_break_of_an_earlier_shift_is_none(station: Station) -> None:
    begin(station)
    begin(station, "david")
    rests(station, "david")
    station.later(1)
    station.write(lambda tx: shifts.end_shift(tx, "david", "david", {}, station.now))
    begin(station, "david")
    assert station.read(lambda tx: dead_man.watched(tx, station.now)) is None
