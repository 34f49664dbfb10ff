"""A call's life: claimed within the trunk, ringing, answered, ended, and what follows from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms import escalation
from callflow.core.calls.call import CallState, Outcome
from callflow.core.calls.dial_policy import EMERGENCY
from callflow.handling.alarms import deciding, operating
from callflow.handling.base import policy
from callflow.handling.calls import calling
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.calls import calls
from tests.integration.handling.station import DESK, DUTY, FIRST, SECOND, SECOND_DESK, SHOP, Station
from tests.support.phones.menu_caller import MenuCaller


def sites_in_alarm(station: Station, count: int, code: str = "BA") -> list[str]:
    """So many sites, each with its own phone, each in alarm; their numbers."""
    numbers = []
    for n in range(count):
        account = f"2{n:03}"
        number = f"+336399810{n:02}"
        numbers.append(number)
        contact = {"id": account, "name": account, "role": "premises", "phone": number}
        station.put(account, contacts=[contact])
    station.receives(*(station.signal(code, "3", f"2{n:03}") for n in range(count)))
    station.correlate()
    return numbers


def trunk(station: Station, channels: int, reserved: int) -> None:
    settings = Settings(
        trunk_channels=channels,
        reserved_channels=reserved,
        desk_phones=(DESK, SECOND_DESK),
        duty_numbers=(DUTY,),
    )
    station.write(lambda tx: policy.save_policy(tx, settings))


# --- the whole way ------------------------------------------------------------------------------


def test_nobody_on_site_first_keyholder_busy_the_second_confirms(station: Station) -> None:
    row = station.alarm("BA")
    station.ends(SHOP, "no_answer")
    station.later(20)
    station.ends(SHOP, "no_answer")
    station.ends(FIRST, "busy")
    station.replies(SECOND, "verified_ok")

    assert station.called(row.id) == [
        (SHOP, "no_answer"),
        (SHOP, "no_answer"),
        (FIRST, "busy"),
        (SECOND, "verified_ok"),
    ]
    closed = station.incident(row.id)
    assert (closed.state, closed.resolution_code) == ("awaiting_normal", "false_alarm")
    assert station.told(row.id)[-4:] == ["call_ended", "step", "closed", "awaiting_normal"]


def test_nobody_reached_ends_with_a_human(station: Station) -> None:
    row = station.alarm("BA")
    for to, wait in [(SHOP, 20), (SHOP, 0), (FIRST, 0), (SECOND, 120), (FIRST, 0), (SECOND, 0)]:
        station.ends(to, "no_answer")
        station.later(wait)
    last = station.incident(row.id)
    assert (last.with_human, last.machine, last.step) == (True, "done", "operator")
    assert (last.machine_due, last.due_at) == (None, None)


def test_a_contact_without_a_number_is_told_and_passed_over(station: Station) -> None:
    contacts = [
        {"id": "a", "name": "anne", "role": "keyholder", "phone": None},
        {"id": "b", "name": "bruno", "role": "keyholder", "phone": SECOND},
    ]
    station.put(contacts=contacts)
    row = station.alarm("BA")
    assert station.called(row.id) == [("", "no_number"), (SECOND, None)]
    assert "no_number" in station.told(row.id)
    station.replies(SECOND, "help")  # the last answer counts, not the missing number
    assert station.incident(row.id).human_reason == "help"


def test_a_number_that_no_machine_may_dial_is_refused_and_told(station: Station) -> None:
    row = station.alarm("AT")

    def forbid(tx: Tx) -> None:
        tx.exec_driver_sql("UPDATE contact SET phone = '+33112' WHERE id IN ('1002-shop')")

    station.write(forbid)
    row = station.alarm("BA")
    assert station.called(row.id) == [("+33112", "no_number"), (FIRST, None)]
    assert (row.with_human, row.human_reason) == (True, EMERGENCY)


def test_the_last_gate_refuses_what_got_as_far_as_the_trunk(station: Station) -> None:
    row = station.alarm("BA")
    call_id = station.live(SHOP).id
    station.write(lambda tx: calls.change(tx, call_id, to="+33000000112"))
    assert station.place() == []
    assert station.call(call_id).outcome == "no_number"
    assert station.incident(row.id).human_reason == EMERGENCY
    assert station.wanted() == [FIRST]


# --- the trunk ----------------------------------------------------------------------------------


def test_a_call_is_placed_once(station: Station) -> None:
    station.alarm("BA")
    assert station.place() == [SHOP]
    assert station.place() == []
    assert station.call(station.live(SHOP).id).placed_at == station.now


def test_another_nodes_calls_are_left_alone(station: Station) -> None:
    station.alarm("BA")
    order = calling.claim_calls
    assert station.write(lambda tx: order(tx, node="node1", now=station.now)) == []


def test_vital_calls_go_first_and_have_channels_of_their_own(station: Station) -> None:
    trunk(station, channels=4, reserved=2)
    sites_in_alarm(station, 4)
    fire = station.alarm("FA")
    placed = station.place()
    assert (placed[0], len(placed)) == (SHOP, 2)  # the reserve is not touched by the others
    station.hangs_up(station.calls(fire.id)[0].id, "no_answer")
    placed = station.place()
    assert (placed[0], len(placed)) == (FIRST, 1)


def test_a_vital_call_finds_a_channel_when_the_others_have_theirs(station: Station) -> None:
    trunk(station, channels=4, reserved=2)
    sites_in_alarm(station, 4)
    assert len(station.place()) == 2
    station.alarm("FA")
    assert station.place() == [SHOP]


def test_a_full_trunk_places_nothing_and_a_human_hears_of_it(station: Station) -> None:
    trunk(station, channels=1, reserved=0)
    sites_in_alarm(station, 2)
    assert len(station.place()) == 1
    station.later(escalation.UNPLACED_AFTER.total_seconds())
    waiting = [row for row in station.incidents() if row.with_human]
    assert [row.human_reason for row in waiting] == ["unplaced"]


def test_a_call_behind_a_busy_number_is_no_fault_of_a_line(station: Station) -> None:
    station.put("1003")  # its shop has the same number
    first, second = station.alarm(), station.alarm(account="1003")
    assert station.place() == [SHOP]
    talk = station.picks_up_ringing(SHOP)
    behind = next(row for row in (first, second) if station.call_states(row.id) == ["requested"])
    for _ in range(6):
        station.later(escalation.UNPLACED_AFTER.total_seconds())
    assert not station.incident(behind.id).with_human
    station.hangs_up(talk)
    station.later(1)
    assert not station.incident(behind.id).with_human
    assert station.place() == [SHOP]


def test_a_number_that_stays_busy_is_told_as_that(station: Station) -> None:
    station.put("1003")
    first, second = station.alarm(), station.alarm(account="1003")
    assert station.place() == [SHOP]
    station.picks_up_ringing(SHOP)
    behind = next(row for row in (first, second) if station.call_states(row.id) == ["requested"])
    for _ in range(19):
        station.later(escalation.UNPLACED_AFTER.total_seconds())
    assert station.incident(behind.id).human_reason == "number_busy"


def test_one_number_is_never_called_twice_at_once_nor_does_it_hold_others_up(
    station: Station,
) -> None:
    for n in range(30):
        account = f"3{n:03}"
        one = {"id": account, "name": "x", "role": "premises", "phone": FIRST}
        station.put(account, contacts=[one])
    station.receives(*(station.signal("BA", "3", f"3{n:03}") for n in range(30)))
    station.correlate()
    station.later(1)
    station.alarm("BA")
    assert station.read(lambda tx: calls.waits(tx, "node0"))
    assert station.place(limit=2) == [FIRST, SHOP]
    assert not station.read(lambda tx: calls.waits(tx, "node0"))
    assert station.place() == []


def test_nobody_claims_what_take_withdrew(station: Station) -> None:
    row = station.alarm("BA")
    station.write(lambda tx: operating.claim(tx, row.id, "alice", station.now))
    assert station.place() == []
    assert station.called(row.id) == [(SHOP, "cancelled")]


# --- what the line says -------------------------------------------------------------------------


def test_each_moment_of_a_call_is_kept_and_told(station: Station) -> None:
    row = station.alarm("BA")
    started = station.now
    station.later(1)
    call_id = station.rings(SHOP)
    station.later(5)
    station.write(lambda tx: calling.call_answered(tx, call_id, station.now))
    station.write(lambda tx: calling.call_answered(tx, call_id, station.now))  # said twice
    station.later(30)
    station.hangs_up(call_id)
    station.hangs_up(call_id, "busy")  # said twice
    call = station.call(call_id)
    times = ("requested_at", "placed_at", "ringing_at", "answered_at", "ended_at")
    seconds = [round((getattr(call, name) - started).total_seconds()) for name in times]
    assert seconds == [0, 1, 1, 6, 36]
    assert call.outcome == "hung_up"
    told = [kind for kind in station.told(row.id) if kind.startswith("call_")]
    assert told[:4] == ["call_requested", "call_placed", "call_answered", "call_ended"]


def test_what_was_said_in_the_dialogue_wins_over_what_the_line_says(station: Station) -> None:
    station.alarm("BA")
    call_id = station.picks_up(SHOP)
    station.says(call_id, "going")
    station.hangs_up(call_id, "unknown")
    assert station.call(call_id).outcome == "going"


def test_a_key_that_was_stored_after_the_end_still_counts(station: Station) -> None:
    row = station.alarm("BA")
    call_id = station.picks_up(SHOP)
    station.hangs_up(call_id)
    station.says(call_id, "verified_ok")
    assert station.incident(row.id).resolution_code == "false_alarm"
    assert station.wanted() == []


def test_a_lost_call_is_repeated_once_and_told(station: Station) -> None:
    row = station.alarm("BA")
    for _ in range(2):
        call_id = station.rings(SHOP)
        station.loses(call_id)
    assert station.called(row.id) == [(SHOP, "unknown"), (SHOP, "unknown")]
    station.later(20)  # the second used an attempt of the plan up, as any call does
    assert station.called(row.id)[-1] == (SHOP, None)


def test_a_failing_trunk_is_tried_again_and_a_human_knows(station: Station) -> None:
    row = station.alarm("BA")
    station.ends(SHOP, "trunk_failure")
    assert station.incident(row.id).human_reason == "trunk_failure"
    station.later(escalation.TRUNK_RETRY.total_seconds())
    assert station.wanted() == [SHOP]


def test_a_node_without_telephony_lands_on_the_queue_and_the_desk_is_rung(
    station: Station,
) -> None:
    row = station.alarm("BA")
    station.later(20)
    assert station.incident(row.id).human_reason == "unplaced"
    station.later(90)
    assert station.wanted() == [SHOP, DESK]
    for _ in range(3):
        station.later(60)
    assert station.wanted() == [SHOP, DESK, SECOND_DESK, DUTY]  # none can be placed: said so
    assert "queue_stuck" in station.told(row.id)


# --- help (D12) ---------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["help", "operator", "wrong_code", "error"])
def test_who_needs_a_human_is_in_a_room_and_a_desk_is_rung(station: Station, outcome: str) -> None:
    row = station.alarm("BA")
    caller = station.picks_up(SHOP)
    station.says(caller, outcome)
    room = station.write(lambda tx: calling.join_room(tx, caller, station.now))

    asked = station.incident(row.id)
    assert (asked.with_human, asked.human_reason) == (True, outcome)
    assert room == caller
    desk = station.live(DESK)
    assert (desk.room, desk.dialogue, desk.priority) == (caller, "desk", 0)
    assert "bridging" in station.told(row.id)


def test_a_human_is_rung_once_it_is_known_what_the_person_said(station: Station) -> None:
    row = station.alarm("BA")
    shop = MenuCaller(station.store, station.vault, SHOP, station.picks_up(SHOP))
    shop.answers(station.now).types("2")
    told = station.told(row.id)
    assert told[told.index("call_result") :] == ["call_result", "human", "bridging"]


def test_who_waits_is_never_given_up(station: Station) -> None:
    station.alarm("BA")
    caller = station.picks_up(SHOP)
    station.says(caller, "help")
    station.write(lambda tx: calling.join_room(tx, caller, station.now))
    for number in (DESK, SECOND_DESK, DUTY):
        station.ends(number, "no_answer")
    station.later(5)
    assert DESK in station.wanted()


def test_a_desk_takes_who_waits_and_is_let_go_at_the_end(station: Station) -> None:
    row = station.alarm("BA")
    caller = station.picks_up(SHOP)
    station.says(caller, "help")
    station.write(lambda tx: calling.join_room(tx, caller, station.now))
    desk = station.picks_up(DESK)
    station.says(desk, "operator")
    assert station.write(lambda tx: calling.join_room(tx, desk, station.now)) == caller
    station.later(119)
    assert len([to for to in station.wanted() if to != SHOP]) == 1  # no other desk rings

    station.hangs_up(caller)
    acts = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    assert [(act.call_id, act.kind) for act in acts] == [(desk, "hang_up")]
    assert "desk_taken" in station.told(row.id)


def test_a_desk_that_leaves_is_followed_by_another(station: Station) -> None:
    station.alarm("BA")
    caller = station.picks_up(SHOP)
    station.says(caller, "help")
    station.write(lambda tx: calling.join_room(tx, caller, station.now))
    desk = station.picks_up(DESK)
    station.says(desk, "operator")
    station.hangs_up(desk)
    station.later(5)
    assert SECOND_DESK in station.wanted()


def test_take_lets_a_human_be_brought_to_who_waits(station: Station) -> None:
    row = station.alarm("BA")
    caller = station.picks_up(SHOP)
    station.says(caller, "help")
    station.write(lambda tx: calling.join_room(tx, caller, station.now))
    station.write(lambda tx: operating.claim(tx, row.id, "alice", station.now))
    assert DESK in station.wanted()


def test_help_in_a_call_that_outlived_the_closure_opens_the_incident_again(
    station: Station,
) -> None:
    row = station.alarm("BA")
    station.receives(station.signal("BR"))
    station.correlate()
    caller = station.picks_up(SHOP)

    def close(tx: Tx) -> None:
        operating.close_incident(tx, row.id, "alice", "false_alarm", "", station.now)

    station.write(close)
    assert station.incident(row.id).state == "filed"
    station.says(caller, "help")
    again = station.incident(row.id)
    assert (again.state, again.with_human, again.human_reason) == ("open", True, "help")
    assert again.queue_due is not None


# --- duress (D7, invariant 4) -------------------------------------------------------------------


def test_duress_stops_everything_and_nothing_more_rings_but_the_desk(station: Station) -> None:
    row = station.alarm("BA")
    call_id = station.picks_up(SHOP)
    station.says(call_id, "duress")

    under = station.incident(row.id)
    assert (under.duress, under.category, under.priority) == (True, "vital", 1)
    assert (under.with_human, under.machine, under.state) == (True, "done", "open")
    station.says(call_id, "verified_ok")  # what the dialogue says aloud changes nothing
    station.hangs_up(call_id)
    assert station.call(call_id).outcome == "duress"
    station.later(3600)
    assert station.wanted() == [DESK]
    assert station.incident(row.id).state == "open"


def test_duress_silences_the_sites_other_incidents(station: Station) -> None:
    station.plan("power", {"id": "call", "kind": "call_list"})
    station.put(plans={"power": "power"})
    other = station.alarm("AT")
    station.alarm("BA")
    assert sorted(station.wanted()) == [SHOP, FIRST]
    call_id = station.picks_up(SHOP)
    ringing = station.live(FIRST).id
    station.says(call_id, "duress")
    acts = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    assert [(act.call_id, act.kind) for act in acts] == [(ringing, "hang_up")]
    assert station.incident(other.id).human_reason == "personal"


def test_a_new_alarm_at_a_site_under_duress_rings_nothing(station: Station) -> None:
    station.alarm("BA")
    call_id = station.picks_up(SHOP)
    station.says(call_id, "duress")
    station.hangs_up(call_id)
    station.alarm("BA", "7")
    fire = station.alarm("FA", "8")
    assert station.wanted() == []
    assert fire.with_human


# --- our own mistakes, and the clock's ----------------------------------------------------------


def test_an_exception_while_deciding_ends_with_a_human(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any) -> None:
        raise ZeroDivisionError("our bug")

    monkeypatch.setattr(deciding, "_request", fails)
    row = station.alarm("BA")
    assert (row.with_human, row.human_reason, row.machine) == (True, "error", "done")
    assert station.told(row.id)[-1] == "human"
    assert row.step is None  # what was half decided is undone


def test_a_database_error_while_deciding_ends_with_a_human_too(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(tx: Tx, *args: Any) -> None:
        tx.exec_driver_sql("INSERT INTO client (id, name) VALUES ('x', NULL)")

    monkeypatch.setattr(deciding, "_request", fails)
    row = station.alarm("BA")
    assert (row.with_human, row.human_reason) == (True, "error")


def test_a_clock_that_goes_back_neither_doubles_nor_delays_a_call(station: Station) -> None:
    row = station.alarm("BA")
    station.ends(SHOP, "no_answer")
    station.now -= timedelta(hours=1)
    station.decide(row.id)
    station.decide(row.id)
    assert station.called(row.id) == [(SHOP, "no_answer"), (SHOP, None)]
    station.ends(SHOP, "no_answer")
    assert station.called(row.id)[2:] == [(FIRST, None)]
    station.ends(FIRST, "going")
    assert station.incident(row.id).human_reason == "going"


def test_a_contact_removed_while_being_called_may_still_answer(station: Station) -> None:
    row = station.alarm("BA")
    call_id = station.picks_up(SHOP)
    station.put(contacts=[{"id": "b", "name": "b", "role": "keyholder", "phone": SECOND}])
    station.says(call_id, "help")
    station.hangs_up(call_id)
    assert station.incident(row.id).human_reason == "help"


def test_contacts_removed_in_mid_alarm_leave_a_human(station: Station) -> None:
    row = station.alarm("BA")
    station.put(contacts=[])
    assert station.place() == []  # a number that is nobody's any more
    assert station.incident(row.id).with_human
    assert station.incident(row.id).machine == "done"


def test_whatever_happens_live_calls_are_known_for_adoption(station: Station) -> None:
    station.alarm("BA")
    call_id = station.rings(SHOP)
    found = station.read(lambda tx: calling.live_calls(tx, node="node0"))
    assert [(c.id, c.state, c.to) for c in found] == [(call_id, CallState.RINGING, SHOP)]


def test_an_answered_call_that_never_ends_is_said(station: Station) -> None:
    row = station.alarm("BA")
    station.picks_up(SHOP)
    station.decide(row.id)
    station.later(escalation.ENDLESS_AFTER.total_seconds())
    assert station.incident(row.id).human_reason == "unplaced"


def test_every_outcome_may_end_a_call(station: Station) -> None:
    for n, outcome in enumerate(Outcome):
        account = f"5{n:03}"
        number = f"+336399850{n:02}"
        station.put(account, contacts=[dict(id=account, name="x", role="premises", phone=number)])
        row = station.alarm("BA", "3", account)
        station.replies(number, outcome)
        after = station.incident(row.id)
        assert after.with_human or after.machine_due or after.closed_at
