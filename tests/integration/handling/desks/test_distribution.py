"""Whoever waits on the line is brought to an operator or a desk; who hung up is called back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.callers.call_back import CallBack
from callflow.core.calls.call import CallState
from callflow.core.desks.presence import BreakReason, Presence
from callflow.handling.base.refusals import Held, NotFound, Refused
from callflow.handling.callers import call_backs
from callflow.handling.calls import calling, dialogues
from callflow.handling.desks import presence, queueing, waiting_line
from callflow.handling.desks.presence import AtDesks
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.callers import call_backs as call_back_rows
from callflow.storage.calls import calls
from tests.integration.handling.station import DESK, DUTY, FIRST, SECOND_DESK, Station

Row = dict[str, Any]
STRANGER, OTHER = "+33639987001", "+33639987002"


def works(
    station: Station,
    name: str,
    *,
    role: str = "operator",
    languages: tuple[str, ...] = ("fr",),
    skills: tuple[str, ...] = (),
    on_shift: bool = True,
    phone: str = "NOT_INUSE",
) -> str:
    """Somebody with a softphone in this state, on shift; the phone's name."""

    def insert(tx: Tx) -> None:
        user: Row = dict(id=name, name=name, role=role, password="-", language="fr")
        tx.execute(
            t.user.insert().values(
                **user, languages=list(languages), skills=list(skills), created_at=station.now
            )
        )
        if on_shift:
            tx.execute(t.shift.insert().values(id=name, user_id=name, began_at=station.now))
        softphone: Row = dict(name=f"op-{name}", user_id=name, kind="softphone", node="node0")
        tx.execute(
            t.phone.insert().values(**softphone, secret="-", state=phone, created_at=station.now)
        )

    station.write(insert)
    return f"op-{name}"


def comes_in(station: Station, number: str = STRANGER) -> str:
    """Somebody calls, hears the welcome and waits in the conference; their call."""
    station.now += timedelta(milliseconds=1)  # who comes later is later in the queue
    call_id = f"1795000000.{number[-4:]}{len(station.told())}"

    def arrives(tx: Tx) -> None:
        dialogues.incoming_call(tx, call_id, number, "node0", station.now)
        over = {"state": "end", "begun": True, "say": "", "wrong_codes": 0, "empty_turns": 0}
        over |= {"duress": False, "bridge": True, "result": "operator"}
        calls.change(tx, call_id, progress=over)
        calling.join_room(tx, call_id, station.now)

    station.write(arrives)
    return call_id


def rings(station: Station, call_id: str) -> list[str]:
    """What rings for this caller."""
    made = station.read(lambda tx: calls.for_room(tx, call_id))
    return [c.to for c in made if c.ended_at is None and c.answered_at is None]


def answers(station: Station, to: str) -> str:
    """A phone that rings is picked up, and whoever does is there."""
    call_id = str(station.live(to).id)
    station.write(lambda tx: calls.start(tx, {call_id: "trunk"}, station.now))
    station.write(lambda tx: calling.call_answered(tx, call_id, station.now))
    station.says(call_id, "operator")
    return call_id


def lets_ring(station: Station, to: str) -> None:
    call_id = str(station.live(to).id)
    station.write(lambda tx: calls.start(tx, {call_id: "trunk"}, station.now))
    station.hangs_up(call_id, "no_answer")


def acts(station: Station) -> list[tuple[str, str]]:
    """(call, kind) of each act that was asked for, and is claimed now."""
    done = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    return [(act.call_id, act.kind) for act in done]


def state(station: Station, name: str) -> Presence:
    there = station.read(lambda tx: presence.people(tx, station.now))
    return next(person.now.state for person in there if person.name == name)


def open_ones(station: Station) -> list[CallBack]:
    return station.read(call_back_rows.open_ones)


# --- who is rung ----------------------------------------------------------------------------------


def test_an_operators_own_phone_rings_before_any_desk(station: Station) -> None:
    phone = works(station, "anne")
    caller = comes_in(station)
    assert rings(station, caller) == [phone]
    answers(station, phone)
    assert state(station, "anne") is Presence.IN_CALL
    station.later(60)
    assert rings(station, caller) == []


def test_nobody_on_shift_the_desk_then_the_duty_number(station: Station) -> None:
    works(station, "anne", on_shift=False)
    caller = comes_in(station)
    for to in (DESK, SECOND_DESK, DUTY):
        assert rings(station, caller) == [to]
        lets_ring(station, to)
    station.later(6)
    assert rings(station, caller) == [DESK]


def test_a_phone_that_is_not_registered_is_nobodys(station: Station) -> None:
    works(station, "anne", phone="UNAVAILABLE")
    assert state(station, "anne") is Presence.AWAY
    assert rings(station, comes_in(station)) == [DESK]


def test_two_callers_two_operators_by_language(station: Station) -> None:
    french = works(station, "anne")
    english = works(station, "bob", languages=("en",))
    contact = {"id": "c", "name": "c", "role": "keyholder", "phone": FIRST, "language": "en"}
    station.put(contacts=[contact])
    first, second = comes_in(station, FIRST), comes_in(station)
    assert rings(station, first) == [english]
    assert rings(station, second) == [french]


def test_who_waits_too_long_rings_the_desk_beside_the_operators(station: Station) -> None:
    phone = works(station, "anne")
    station_busy = comes_in(station, OTHER)
    answers(station, phone)
    caller = comes_in(station)
    assert rings(station, caller) == []
    station.later(31)
    assert rings(station, caller) == [DESK]
    assert rings(station, station_busy) == []


def test_whoever_takes_the_call_silences_the_other_phones(station: Station) -> None:
    phone = works(station, "anne")
    station.alarm("FA")
    caller = comes_in(station, FIRST)  # of a site with a vital alarm: both at once
    assert set(rings(station, caller)) == {phone, DESK}
    call_id = str(station.live(DESK).id)
    station.write(lambda tx: calls.start(tx, {call_id: "trunk"}, station.now))
    answers(station, phone)
    assert (call_id, "hang_up") in acts(station)
    station.hangs_up(call_id, "no_answer")
    station.later(30)
    assert rings(station, caller) == []


def test_an_operator_who_vanishes_leaves_the_caller_to_the_next_one(station: Station) -> None:
    anne, bea = works(station, "anne"), works(station, "bea")
    caller = comes_in(station)
    leg = answers(station, anne)
    station.hangs_up(leg)
    assert rings(station, caller) == [bea]
    assert station.call(caller).state == CallState.ANSWERED


def test_the_supervisor_is_rung_between_desks_and_duty(station: Station) -> None:
    works(station, "anne")
    chief = works(station, "chef", role="supervisor", on_shift=False)
    there: AtDesks = station.read(lambda tx: presence.at_desks(tx, station.now))
    assert [agent.name for agent in there.agents] == ["anne"]
    assert there.supervisors == (chief,)


def test_unclaimed_work_rings_an_available_operators_phone_first(station: Station) -> None:
    phone = works(station, "anne")
    alarm = station.alarm("FA")
    station.later(31)
    queue = [c for c in station.calls(alarm.id) if c.step == "queue"]
    assert [(c.to, c.dialogue) for c in queue] == [(phone, "desk")]


def test_a_vital_caller_gets_the_phone_that_rings_for_a_missed_call(station: Station) -> None:
    station.hangs_up(comes_in(station, OTHER))
    station.later(301)
    phone = works(station, "anne")
    station.write(lambda tx: call_backs.come_back(tx, station.now))
    work = str(station.live(phone).id)
    station.write(lambda tx: calls.start(tx, {work: "trunk"}, station.now))
    plain = comes_in(station)
    assert acts(station) == []  # it rings on for whoever is in no need
    station.alarm("FA")
    vital = comes_in(station, FIRST)
    assert rings(station, vital) == [DESK]
    assert (work, "hang_up") in acts(station)
    station.hangs_up(work, "no_answer")
    station.later(1)
    assert set(rings(station, vital)) == {DESK, phone}
    assert rings(station, plain) == []


def test_what_an_operator_says_about_a_missed_call_is_not_cut_off(station: Station) -> None:
    station.hangs_up(comes_in(station, OTHER))
    station.later(301)
    phone = works(station, "anne")
    station.write(lambda tx: call_backs.come_back(tx, station.now))
    work = str(station.live(phone).id)
    station.write(lambda tx: calls.start(tx, {work: "trunk"}, station.now))
    station.write(lambda tx: calling.call_answered(tx, work, station.now))
    station.alarm("FA")
    comes_in(station, FIRST)
    assert (work, "hang_up") not in acts(station)


# --- presence -------------------------------------------------------------------------------------


def test_after_a_call_comes_a_wrap_up_that_ends_by_itself(station: Station) -> None:
    phone = works(station, "anne")
    caller = comes_in(station)
    leg = answers(station, phone)
    station.later(30)
    station.hangs_up(caller)
    station.hangs_up(leg)
    assert state(station, "anne") is Presence.WRAP_UP
    next_one = comes_in(station, OTHER)
    assert rings(station, next_one) == []
    station.later(16)
    assert state(station, "anne") is Presence.AVAILABLE
    assert rings(station, next_one) == [phone]


def test_a_break_has_a_reason_is_told_and_ends_by_itself(station: Station) -> None:
    works(station, "anne")
    break_ = (Presence.BREAK, BreakReason.MEAL)
    station.write(lambda tx: presence.choose(tx, "anne", *break_, station.now))
    assert state(station, "anne") is Presence.BREAK
    assert rings(station, comes_in(station)) == [DESK]
    (entry,) = station.entries("on_break")
    assert (entry.who, entry.data["break"]) == ("anne", "meal")
    assert "repas" in entry.text
    station.later(1801)
    assert state(station, "anne") is Presence.AVAILABLE


def test_off_shift_nobody_is_available(station: Station) -> None:
    works(station, "anne", on_shift=False)
    with pytest.raises(Refused, match="start your shift"):
        station.write(lambda tx: presence.choose(tx, "anne", Presence.AVAILABLE, None, station.now))


# --- what callers hear ----------------------------------------------------------------------------


def test_who_has_somebody_before_them_is_told_at_once_and_again(station: Station) -> None:
    first = comes_in(station, OTHER)
    second = comes_in(station)
    assert acts(station) == [(second, "announce")]
    station.later(1)
    assert acts(station) == []
    station.later(30)
    assert sorted(acts(station)) == sorted([(first, "announce"), (second, "announce")])
    assert station.write(lambda tx: queueing.announcing(tx, second))
    begun = station.write(lambda tx: dialogues.dialogue_begin(tx, station.vault, second))
    assert begun is not None
    facts, progress = begun
    assert (facts.position, progress.state.value, progress.begun) == (2, "position", False)


def test_nothing_is_said_to_somebody_who_speaks_with_a_human(station: Station) -> None:
    phone = works(station, "anne")
    caller = comes_in(station)
    answers(station, phone)
    station.later(60)
    assert ("announce" in {kind for _, kind in acts(station)}) is False
    assert station.write(lambda tx: queueing.announcing(tx, caller)) is False


def test_a_vital_caller_hears_music_first(station: Station) -> None:
    comes_in(station, OTHER)
    station.alarm("FA")
    vital = comes_in(station, FIRST)
    assert (vital, "announce") not in acts(station)
    station.later(31)
    assert (vital, "announce") in acts(station)


# --- call-backs -----------------------------------------------------------------------------------


def test_who_hangs_up_waiting_is_to_be_called_back_once_a_number(station: Station) -> None:
    station.hangs_up(comes_in(station))
    station.later(20)
    station.hangs_up(comes_in(station))
    (row,) = open_ones(station)
    assert (row.number, row.called) == (STRANGER, 2)
    assert row.last_at > row.first_at


def test_who_was_answered_is_not(station: Station) -> None:
    station.hangs_up(comes_in(station))
    caller = comes_in(station)
    answers(station, DESK)
    station.hangs_up(caller)
    assert open_ones(station) == []  # and the earlier one needs no call-back any more
    assert "call_back_moot" in station.told()


def test_a_withheld_number_is_told_and_makes_no_task(station: Station) -> None:
    station.hangs_up(comes_in(station, "anonymous"))
    assert open_ones(station) == []
    assert "call_back_withheld" in station.told()


@pytest.mark.parametrize("written", ["0639987001", "06 39 98 70 01", "33639987001"])
def test_a_number_is_the_same_however_the_network_writes_it(station: Station, written: str) -> None:
    station.hangs_up(comes_in(station, written))
    assert [row.number for row in open_ones(station)] == [STRANGER]


def test_many_unknown_numbers_are_bounded_and_a_contact_is_kept(station: Station) -> None:
    for number in range(call_backs.MOST + 5):
        station.hangs_up(comes_in(station, f"+336399860{number:02d}"))
    station.hangs_up(comes_in(station, FIRST))
    rows = open_ones(station)
    assert len(rows) == call_backs.MOST + 2
    (rest,) = [row for row in rows if not row.number]
    assert rest.called == 5
    assert FIRST in {row.number for row in rows}
    assert len(station.entries("call_back_bounded")) == 1
    with pytest.raises(Refused, match="not kept"):
        station.write(lambda tx: call_backs.call_back(tx, rest.id, "anne", station.now))


def test_an_overdue_one_rings_the_next_phone_again_and_again(station: Station) -> None:
    station.hangs_up(comes_in(station))
    station.now = station.now.replace(minute=6)
    for to in (DESK, SECOND_DESK, DUTY, DESK):
        station.write(lambda tx: call_backs.come_back(tx, station.now))
        assert station.live(to).step == "queue"
        lets_ring(station, to)
        station.later(60)
    assert open_ones(station)[0].level == 4


def test_a_desk_that_takes_them_has_a_while(station: Station) -> None:
    station.hangs_up(comes_in(station))
    station.later(301)
    station.write(lambda tx: call_backs.come_back(tx, station.now))
    desk = answers(station, DESK)
    station.hangs_up(desk)
    station.later(120)
    station.write(lambda tx: call_backs.come_back(tx, station.now))
    assert station.read(lambda tx: calls.live_of(tx, SECOND_DESK)) is None


def test_taken_given_and_done(station: Station) -> None:
    works(station, "anne")
    works(station, "bea")
    station.hangs_up(comes_in(station))
    (row,) = open_ones(station)

    def act(function: Any, *arguments: Any, **named: Any) -> Any:
        return station.write(lambda tx: function(tx, row.id, *arguments, station.now, **named))

    act(call_backs.take, "anne")
    assert open_ones(station)[0].holder == "anne"
    with pytest.raises(Held):
        act(call_backs.call_back, "bea")
    act(call_backs.take, "anne", to="bea")
    assert open_ones(station)[0].holder == "bea"
    with pytest.raises(NotFound):
        act(call_backs.take, "anne", to="nobody")
    act(call_backs.finish, "bea", call_backs.Result.REACHED, "wanted the hours")
    with pytest.raises(NotFound, match="done already"):
        act(call_backs.finish, "bea", call_backs.Result.REACHED, "")
    assert open_ones(station) == []
    station.hangs_up(comes_in(station))  # and the number may leave another one
    assert len(open_ones(station)) == 1


def test_the_queue_is_told_in_its_order(station: Station) -> None:
    plain = comes_in(station, STRANGER)
    station.alarm("FA")
    vital = comes_in(station, FIRST)
    queue = station.read(waiting_line.queue)
    assert [one.call.id for one in queue] == [vital, plain]
    assert station.read(lambda tx: waiting_line.place_of(tx, station.call(plain))) == 2
