"""What people do with incidents, and how unclaimed or forgotten work comes back (D20, D21, D26)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident, State
from callflow.handling.alarms import deciding, operating
from callflow.handling.alarms.ends.filing import StillOpen
from callflow.handling.base import policy
from callflow.handling.base.policy import HOLD_OTHER, HOLD_VITAL
from callflow.handling.base.refusals import Held, NotFound, Refused
from callflow.handling.desks import queueing
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from tests.integration.handling.station import DESK, DUTY, FIRST, SECOND_DESK, SHOP, Station
from tests.support.rows.incidents import an_incident

Row = dict[str, Any]


class Desk:
    """One operator's acts, by name."""

    def __init__(self, station: Station, who: str = "alice") -> None:
        self.station, self.who = station, who

    def _do(self, act: Callable[..., Any], incident: Incident, *more: Any) -> Any:
        return self.station.write(
            lambda tx: act(tx, incident.id, self.who, *more, self.station.now)
        )

    def takes(self, incident: Incident) -> Incident:
        row: Incident = self._do(operating.claim, incident)
        return row

    def releases(self, incident: Incident) -> None:
        self._do(operating.release, incident)

    def parks(self, incident: Incident, seconds: float) -> None:
        self._do(operating.park, incident, self.station.now + timedelta(seconds=seconds))

    def transfers(self, incident: Incident, to: str) -> None:
        self._do(operating.transfer, incident, to)

    def notes(self, incident: Incident, text: str) -> None:
        self._do(operating.note, incident, text)

    def resumes(self, incident: Incident) -> None:
        self._do(operating.resume_plan, incident)

    def closes(self, incident: Incident, code: str = "false_alarm", text: str = "") -> None:
        self._do(operating.close_incident, incident, code, text)

    def calls(self, incident: Incident, contact: str) -> str:
        return str(self._do(operating.request_contact_call, incident, contact))


@pytest.fixture
def alice(station: Station) -> Desk:
    return Desk(station)


@pytest.fixture
def bob(station: Station) -> Desk:
    return Desk(station, "bob")


# --- take ----------------------------------------------------------------------------------------


def test_take_stops_the_machine_and_withdraws_its_calls(station: Station, alice: Desk) -> None:
    row = station.alarm("BA")
    taken = alice.takes(row)
    assert (taken.holder, taken.machine, taken.with_human) == ("alice", "stopped", True)
    assert (taken.machine_due, taken.due_at) == (None, None)
    assert station.called(row.id) == [(SHOP, "cancelled")]
    station.later(60)
    assert station.wanted() == []


def test_the_hold_is_on_the_whole_site(station: Station, alice: Desk, bob: Desk) -> None:
    one, other = station.alarm("BA"), station.alarm("FA")
    alice.takes(one)
    assert station.incident(other.id).holder == "alice"
    with pytest.raises(Held, match="alice"):
        bob.takes(other)
    alice.takes(one)  # again: nothing happens
    assert station.told(one.id).count("claimed") == 1


def test_a_new_alarm_at_a_held_site_is_its_holders_to_take(
    station: Station, alice: Desk, bob: Desk
) -> None:
    alice.takes(station.alarm("BA"))
    fire = station.alarm("FA")
    assert fire.holder is None  # it sounds, and escalates, until it is taken
    with pytest.raises(Held):
        bob.takes(fire)
    alice.takes(fire)


def test_taking_a_site_does_not_open_what_only_waits_for_its_restore(
    station: Station, alice: Desk
) -> None:
    waiting = station.alarm("BA")
    station.replies(SHOP, "verified_ok")
    alice.takes(station.alarm("FA"))
    assert station.incident(waiting.id).state == "awaiting_normal"


@pytest.mark.parametrize(
    "act",
    [
        lambda desk, row: desk.releases(row),
        lambda desk, row: desk.parks(row, 60),
        lambda desk, row: desk.transfers(row, "carol"),
        lambda desk, row: desk.resumes(row),
        lambda desk, row: desk.calls(row, "1002-anne"),
        lambda desk, row: desk.closes(row),
    ],
)
def test_what_another_holds_is_not_touched(
    station: Station, alice: Desk, bob: Desk, act: Callable[[Desk, Incident], object]
) -> None:
    row = station.alarm("BA")
    alice.takes(row)
    before = station.incident(row.id)
    with pytest.raises(Held) as refused:
        act(bob, row)
    assert refused.value.holder == "alice"
    assert station.incident(row.id) == before


def test_acts_on_nothing_or_nobodys_say_what_to_do(station: Station, alice: Desk) -> None:
    row = station.alarm("BA")
    with pytest.raises(Refused, match="take the incident first"):
        alice.releases(row)
    for act in (alice.takes, alice.releases, alice.closes):
        with pytest.raises(NotFound):
            act(an_incident(id="nothing"))
    with pytest.raises(Refused, match="empty"):
        alice.notes(row, " ")


def test_of_the_queue_that_is_known_only_what_changed_is_read(
    station: Station, alice: Desk
) -> None:
    """Whoever keeps it sees all that happens to it: each act is a version."""
    station.put("1003")
    row = station.alarm("BA")
    station.alarm("BA", account="1003")
    taken = 0
    known = {one.id: one for one in station.read(incidents.queue)}
    acts: list[Callable[[], object]] = [
        lambda: alice.takes(row),
        lambda: alice.transfers(row, "carol"),
        lambda: station.alarm("FA"),
        lambda: station.alarm("BA", zone="4"),
        lambda: Desk(station, "carol").parks(row, 60),
        lambda: station.later(60),
        lambda: alice.takes(row),
        lambda: alice.closes(row),
    ]
    for act in acts:
        act()
        rows = station.read(lambda tx: incidents.queue(tx, known=known))  # noqa: B023
        assert rows == station.read(incidents.queue)
        taken += sum(one is known.get(one.id) for one in rows)
        known = {one.id: one for one in rows}
    assert taken >= len(acts) - 1  # the other site's, but when time went by


# --- what is held, and what comes back ---------------------------------------------------------


def test_release_returns_it_to_the_queue_which_escalates(station: Station, alice: Desk) -> None:
    row = station.alarm("BA")
    alice.takes(row)
    alice.releases(row)
    back = station.incident(row.id)
    assert (back.holder, back.machine) == (None, "stopped")
    assert back.queue_due == station.now + timedelta(seconds=90)
    station.later(90)
    assert station.wanted() == [DESK]


@pytest.mark.parametrize(("code", "hold"), [("FA", HOLD_VITAL), ("BA", HOLD_OTHER)])
def test_held_work_without_an_act_comes_back_and_rings(
    station: Station, alice: Desk, code: str, hold: timedelta
) -> None:
    row = station.alarm(code)
    alice.takes(row)
    station.later(hold.total_seconds() - 1)
    alice.notes(row, "I called the fire brigade")
    station.later(hold.total_seconds() - 1)
    assert station.incident(row.id).holder == "alice"
    station.later(1)
    assert station.incident(row.id).holder is None
    assert station.wanted() == [DESK]
    assert "came_back" in station.told(row.id)


def test_who_speaks_on_the_phone_acts(station: Station, alice: Desk) -> None:
    row = station.alarm("FA")
    station.picks_up(SHOP)
    alice.takes(row)
    station.later(HOLD_VITAL.total_seconds())
    assert station.incident(row.id).holder == "alice"


def test_parked_work_comes_back_by_itself_and_rings(station: Station, alice: Desk) -> None:
    row = station.alarm("BA")
    alice.takes(row)
    alice.parks(row, 600)
    station.later(599)
    assert station.wanted() == []
    station.later(1)
    assert station.incident(row.id).parked_until is None
    assert station.wanted() == [DESK]


@pytest.mark.parametrize("seconds", [0, -1, 24 * 3600 + 1])
def test_nothing_is_parked_for_ever(station: Station, alice: Desk, seconds: float) -> None:
    row = station.alarm("BA")
    alice.takes(row)
    with pytest.raises(Refused, match="24 hours"):
        alice.parks(row, seconds)


def test_transfer_gives_it_to_a_colleague_whose_time_starts(
    station: Station, alice: Desk, bob: Desk
) -> None:
    row = station.alarm("FA")
    alice.takes(row)
    station.later(100)
    alice.transfers(row, "bob")
    station.later(100)
    assert station.incident(row.id).holder == "bob"
    bob.notes(row, "it is mine")


def test_the_plan_goes_on_where_it_stopped(station: Station, alice: Desk) -> None:
    row = station.alarm("BA")
    station.ends(SHOP, "no_answer")
    alice.takes(row)
    station.later(60)
    alice.resumes(row)
    assert station.called(row.id) == [(SHOP, "no_answer"), (SHOP, None)]
    again = station.incident(row.id)
    assert (again.holder, again.machine, again.with_human) == (None, "running", True)
    assert again.queue_due is not None
    alice.takes(row)
    station.later(1)
    alice.resumes(row)
    with pytest.raises(Refused, match="take"):
        alice.resumes(row)


def test_a_plan_that_is_done_can_not_be_handed_back(station: Station, alice: Desk) -> None:
    row = station.alarm("HA")
    alice.takes(row)
    with pytest.raises(Refused, match="nothing to hand back"):
        alice.resumes(row)


# --- the unclaimed queue (D21) ------------------------------------------------------------------


@pytest.mark.parametrize(("code", "target"), [("FA", 30), ("HA", 30), ("AT", 90)])
def test_unclaimed_work_rings_the_desk_at_its_target(
    station: Station, code: str, target: float
) -> None:
    station.put(contacts=[])
    row = station.alarm(code)
    station.later(target - 1)
    assert station.wanted() == []
    station.later(1)
    assert station.wanted() == [DESK]
    assert station.live(DESK).dialogue == "desk"
    assert "queue_call" in station.told(row.id)


def test_then_the_next_desk_then_the_duty_number_then_the_first_again(station: Station) -> None:
    station.alarm("HA")
    rung = []
    station.later(30)
    for _ in range(4):
        number = station.wanted()[0]
        station.ends(number, "no_answer")
        rung.append(number)
        station.later(60)
    assert rung == [DESK, SECOND_DESK, DUTY, DESK]


def test_one_phone_rings_for_all_that_waits(station: Station) -> None:
    for account in ("9001", "9002", "9003"):
        station.alarm("BA", "1", account)
    station.later(90)
    assert station.wanted() == [DESK]


def test_a_desk_that_takes_has_two_minutes_to_do_so(station: Station) -> None:
    station.alarm("HA")
    station.later(30)
    call_id = station.picks_up(DESK)
    station.says(call_id, "operator")
    station.hangs_up(call_id)
    station.later(119)
    assert station.wanted() == []
    station.later(1)
    assert station.wanted() == [DESK]


def test_a_desk_that_takes_one_alarm_does_not_silence_a_vital_one_that_came_since(
    station: Station,
) -> None:
    station.alarm("BA", "1", "9001")
    station.later(90)
    call_id = station.picks_up(DESK)
    fire = station.alarm("FA", "1", "9002")
    station.later(5)
    station.says(call_id, "operator")
    station.hangs_up(call_id)
    station.later(24)
    assert station.wanted() == []
    station.later(1)
    assert station.wanted() == [DESK]
    assert station.told(fire.id)[-1] == "queue_call"


def test_a_desk_that_takes_one_vital_alarm_leaves_the_other_to_the_next_phone(
    station: Station,
) -> None:
    station.alarm("FA", "1", "9001")
    station.later(1)
    other = station.alarm("FA", "1", "9002")
    station.later(30)
    call_id = station.picks_up(DESK)
    station.says(call_id, "operator")
    station.hangs_up(call_id)
    station.later(60)
    assert station.wanted() == [SECOND_DESK]
    assert station.told(other.id)[-1] == "queue_call"


def test_a_station_without_phones_says_that_nobody_was_rung(station: Station) -> None:
    station.write(lambda tx: policy.save_policy(tx, Settings()))
    row = station.alarm("HA")
    station.later(30)
    assert station.told(row.id)[-1] == "queue_silent"


def test_whatever_stands_before_a_human_and_is_unheld_has_a_time_to_ring(
    station: Station, alice: Desk
) -> None:
    for code in ("BA", "FA", "HA", "AT", "ZQ", "MA"):
        station.alarm(code)
    alice.takes(station.incidents()[0])
    for row in station.incidents():
        alice.releases(row)
    waiting = [row for row in station.incidents() if row.with_human and row.holder is None]
    assert len(waiting) == 6
    assert [row for row in waiting if row.queue_due is None] == []


def test_what_nobody_would_look_at_again_is_found_and_rings(station: Station) -> None:
    forgotten, silent = station.alarm("BA"), station.alarm("FA")

    def lose(tx: Tx) -> None:
        tx.exec_driver_sql("UPDATE call SET state = 'cancelled'")
        tx.exec_driver_sql(
            "UPDATE incident SET machine_due = NULL, queue_due = NULL, due_at = NULL"
        )

    station.write(lose)
    station.later(1)
    for row in (forgotten, silent):
        found = station.incident(row.id)
        assert (found.with_human, found.human_reason) == (True, "error")
        assert found.queue_due is not None
    assert station.wanted() == [DESK]


def test_a_clock_that_was_set_back_delays_neither_machine_nor_queue(
    station: Station, alice: Desk
) -> None:
    row, personal = station.alarm("BA"), station.alarm("FA", account="9999")
    station.ends(SHOP, "no_answer")
    station.now -= timedelta(hours=1)
    station.look()
    assert station.wanted() == []
    station.write(lambda tx: queueing.clock_went_back(tx, 3600, station.now))
    station.look()
    assert sorted(station.wanted()) == [SHOP, DESK]
    assert station.called(row.id) == [(SHOP, "no_answer"), (SHOP, None)]
    assert "queue_call" in station.told(personal.id)
    assert station.entries("station")[-1].text == "l'horloge a reculé de 3600 s"


# --- close ---------------------------------------------------------------------------------------


def test_close_handles_and_waits_for_the_restore(station: Station, alice: Desk) -> None:
    row = station.alarm("BA")
    alice.takes(row)
    alice.closes(row, "cleaner", "the cleaner forgot")
    closed = station.incident(row.id)
    assert (closed.state, closed.resolution_code) == ("awaiting_normal", "cleaner")
    assert (closed.holder, closed.queue_due) == (None, None)
    station.receives(station.signal("BR"))
    station.correlate()
    with pytest.raises(Refused, match="closed already"):
        alice.closes(row)


def test_closing_needs_a_code(station: Station, alice: Desk) -> None:
    row = station.alarm("BA")
    with pytest.raises(Refused, match="resolution code"):
        alice.closes(row, " ")


def test_closed_is_not_parked_and_its_site_is_called_until_it_is_filed(
    station: Station, alice: Desk
) -> None:
    row = station.alarm("BA")
    alice.takes(row)
    alice.closes(row)
    alice.takes(row)
    with pytest.raises(Refused, match="closed already"):
        alice.parks(row, 60)
    assert alice.calls(row, "1002-anne")  # to have it armed again
    station.receives(station.signal("BR"))
    station.correlate()
    with pytest.raises(Refused, match="closed already"):
        alice.calls(row, "1002-anne")


# --- calls by hand -------------------------------------------------------------------------------


def test_an_operator_calls_a_contact_at_once(station: Station, alice: Desk) -> None:
    row = station.alarm("BA")
    alice.takes(row)
    call_id = alice.calls(row, "1002-anne")
    call = station.call(call_id)
    assert (call.to, call.priority, call.step) == (FIRST, 0, "by_hand")
    station.replies(FIRST, "verified_ok")
    assert station.incident(row.id).state == "open"  # the operator decides


def test_no_operator_rings_a_site_under_threat(station: Station, alice: Desk) -> None:
    personal, other = station.alarm("HA"), station.alarm("BA")
    alice.takes(personal)
    for row in (personal, other):
        with pytest.raises(Refused, match="nothing may ring"):
            alice.calls(row, "1002-anne")
    assert station.wanted() == []


def test_only_contacts_of_the_site_with_a_number_are_called(station: Station, alice: Desk) -> None:
    station.put(contacts=[{"id": "1002-anne", "name": "anne", "role": "keyholder"}])
    station.put("1003", contacts=[])
    row = station.alarm("BA")
    alice.takes(row)
    with pytest.raises(Refused, match="this contact has no number: anne"):
        alice.calls(row, "1002-anne")
    with pytest.raises(NotFound):
        alice.calls(row, "1003-anne")


# --- changes are seen --------------------------------------------------------------------------


def test_each_act_counts_the_version_up(station: Station, alice: Desk) -> None:
    row = station.alarm("BA")
    versions = [station.incident(row.id).version]
    for act in (
        lambda: alice.takes(row),
        lambda: alice.notes(row, "seen"),
        lambda: station.alarm("BA"),
        lambda: alice.releases(row),
        lambda: alice.closes(row),
    ):
        act()
        versions.append(station.incident(row.id).version)
    assert versions == sorted(set(versions))


def test_only_the_engines_times_are_due(station: Station, alice: Desk) -> None:
    """What ``incidents.due`` gives, ``decide`` settles: else the engine would spin."""
    for code in ("BA", "FA", "HA", "AT"):
        station.alarm(code)
    alice.takes(station.incidents()[0])
    alice.parks(station.incidents()[0], 60)
    station.alarm("BA", "1", "9999")
    station.now += timedelta(days=2)

    def settle(tx: Tx) -> list[str]:
        for incident_id in incidents.due(tx, station.now):
            deciding.decide(tx, incident_id, station.now)
        return incidents.due(tx, station.now)

    assert station.write(settle) == []


def test_of_two_who_close_at_once_the_second_is_told_that_it_is_closed(
    station: Station, alice: Desk
) -> None:
    """Whoever closes it again says that they saw it closed: a double press files nothing."""
    row = station.alarm("BA")
    alice.closes(row)
    assert station.incident(row.id).state == "awaiting_normal"

    def closes(seen: State) -> None:
        at = station.now
        station.write(
            lambda tx: operating.close_incident(tx, row.id, "bob", "other", "", at, seen=seen)
        )

    with pytest.raises(Refused, match="closed meanwhile"):
        closes(State.OPEN)
    with pytest.raises(StillOpen):  # it may be closed again, were nothing open
        closes(State.AWAITING_NORMAL)
    other = station.alarm("FA")
    with pytest.raises(Refused, match="open again"):
        station.write(
            lambda tx: operating.close_incident(
                tx, other.id, "bob", "other", "", station.now, seen=State.AWAITING_NORMAL
            )
        )
