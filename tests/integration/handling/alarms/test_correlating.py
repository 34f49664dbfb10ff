"""A stored signal opens an incident, joins one, or is only kept (D5, D6, D9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.signals.signal import Kind
from callflow.handling.alarms import correlating, operating
from callflow.handling.alarms.surroundings import Seen
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.signals import signals
from tests.integration.handling.station import DESK, FIRST, SHOP, Station


def test_an_intrusion_opens_an_incident_and_the_premises_are_called(station: Station) -> None:
    row = station.alarm("BA")

    assert (row.kind, row.category, row.state) == ("intrusion", "security", "open")
    assert row.plan["id"] == "intrusion"
    assert not row.with_human
    assert station.called(row.id) == [(SHOP, None)]
    assert station.told(row.id) == ["incident_opened", "signal", "step", "call_requested"]


def test_the_same_family_joins_and_decides_nothing_new(station: Station) -> None:
    first = station.alarm("BA", "3")
    second = station.alarm("BA", "3")
    tamper = station.alarm("ES", "3")

    assert first.id == second.id == tamper.id
    assert tamper.signal_count == 3
    assert station.called(first.id) == [(SHOP, None)]


def test_many_signals_of_one_batch_open_one_incident(station: Station) -> None:
    station.receives(*(station.signal("BA", "3") for _ in range(5)))
    station.correlate()
    assert [row.signal_count for row in station.incidents()] == [5]


def test_another_matter_opens_its_own(station: Station) -> None:
    rows = [station.alarm(code).id for code in ("BA", "FA", "AT")]
    assert len(set(rows)) == 3


@pytest.mark.parametrize("code", ["FA", "HA", "PA", "MA"])
def test_alarms_for_lives_open_their_own_for_each_zone(station: Station, code: str) -> None:
    one, other, again = (station.alarm(code, zone) for zone in ("1", "2", "1"))
    assert one.id != other.id
    assert again.id == one.id  # a panel repeats itself


def test_a_second_zone_confirms_an_intrusion_which_is_vital_from_then(station: Station) -> None:
    station.alarm("BA", "3")
    row = station.alarm("BA", "4")
    assert (row.confirmed, row.category, row.priority) == (True, "vital", 1)
    assert (row.with_human, row.human_reason) == (True, "vital")
    assert row.queue_due == station.now + timedelta(seconds=30)


def test_a_panel_that_verified_the_intrusion_itself_is_believed(station: Station) -> None:
    station.alarm("BA", "3")
    row = station.alarm("BV", "3")
    assert (row.category, row.with_human) == ("vital", True)


def test_a_fire_stands_before_a_human_from_receipt_beside_the_calls(station: Station) -> None:
    row = station.alarm("FA")
    assert (row.with_human, row.human_reason) == (True, "vital")
    assert row.queue_due == station.now + timedelta(seconds=30)
    assert station.called(row.id) == [(SHOP, None)]


@pytest.mark.parametrize("code", ["HA", "PA"])
def test_a_personal_alarm_is_mute(station: Station, code: str) -> None:
    row = station.alarm(code)
    assert (row.with_human, row.human_reason, row.machine) == (True, "personal", "done")
    assert station.called(row.id) == []


def test_a_personal_alarm_silences_the_sites_other_calls(station: Station) -> None:
    intrusion = station.alarm("BA").id
    call = station.rings(SHOP)

    station.alarm("HA")

    acts = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    assert [(act.call_id, act.kind) for act in acts] == [(call, "hang_up")]
    station.hangs_up(call, "no_answer")
    station.later(3600)
    assert station.incident(intrusion).with_human
    assert [to for to in station.wanted() if to != DESK] == []


def test_after_a_personal_alarm_no_other_alarm_rings_the_site(station: Station) -> None:
    station.alarm("HA")
    row = station.alarm("BA")
    assert station.called(row.id) == []
    assert row.human_reason == "personal"


def test_a_site_that_was_rung_before_its_call_was_placed_is_spared(station: Station) -> None:
    row = station.alarm("BA")
    station.alarm("HA")
    assert station.called(row.id) == [(SHOP, "cancelled")]


def test_a_technical_fault_at_night_calls_nobody(station: Station) -> None:
    row = station.alarm("AT")
    assert station.called(row.id) == []
    assert (row.with_human, row.human_reason) == (True, "plan")


def test_a_zone_declared_as_a_lift_makes_a_lift_alarm(station: Station) -> None:
    row = station.alarm("BA", "9")
    assert (row.kind, row.category) == ("lift", "vital")
    assert station.called(row.id) == []


def test_a_restore_is_marked_and_closes_nothing(station: Station) -> None:
    opened = station.alarm("BA", "3")
    restored = station.signal("BR", "3")
    station.receives(restored)
    station.correlate()
    row = station.incident(opened.id)
    assert (row.zones, row.state) == ({"3": "restored"}, "open")
    assert station.signal_row(restored).incident_id == opened.id


def test_a_treated_incident_is_filed_by_its_last_restore(station: Station) -> None:
    station.alarm("BA", "3")
    row = station.alarm("ES", "4")
    station.replies(SHOP, "verified_ok")
    assert station.incident(row.id).state == "awaiting_normal"
    for code, zone, state in (("BR", "3", "awaiting_normal"), ("BR", "4", "filed")):
        station.receives(station.signal(code, zone))
        station.correlate()
        assert station.incident(row.id).state == state


def test_a_restore_that_came_first_files_at_the_closure(station: Station) -> None:
    row = station.alarm("BA", "3")
    station.receives(station.signal("BR", "3"))
    station.correlate()
    station.replies(SHOP, "verified_ok")
    closed = station.incident(row.id)
    assert (closed.state, closed.resolution_code) == ("filed", "false_alarm")


def test_what_stays_abnormal_is_a_humans_again(station: Station) -> None:
    row = station.alarm("BA", "3")
    station.replies(SHOP, "verified_ok")
    station.later(30 * 60)
    late = station.incident(row.id)
    assert (late.state, late.with_human, late.human_reason) == ("open", True, "not_normal")
    assert late.normal_due is None
    station.later(90)
    assert DESK in station.wanted()


def test_a_new_alarm_voids_the_cancellation_and_the_plan_starts_over(station: Station) -> None:
    row = station.alarm("BA", "3")
    station.replies(SHOP, "verified_ok")
    station.later(60)
    again = station.alarm("BA", "3")
    assert again.id == row.id
    assert (again.state, again.resolution_code, again.closed_at) == ("open", None, None)
    assert station.called(row.id) == [(SHOP, "verified_ok"), (SHOP, None)]


def test_an_alarm_after_the_filing_is_a_new_incident(station: Station) -> None:
    row = station.alarm("BA", "3")
    station.receives(station.signal("BR", "3"))
    station.correlate()
    station.replies(SHOP, "verified_ok")
    assert station.alarm("BA", "3").id != row.id


@pytest.mark.parametrize("code", ["BA", "RP", "CL", "BR", "FA"])
def test_whatever_an_undeclared_account_sends_a_human_looks_at_it(
    station: Station, code: str
) -> None:
    row = station.alarm(code, "1", "9999")
    assert (row.site_id, row.kind, row.account) == (None, "unknown", "9999")
    assert row.with_human
    assert row.machine == "done"
    assert station.alarm("BA", "2", "9999").id == row.id
    assert station.alarm("BA", "2", "9998").id != row.id


def test_an_unknown_code_is_a_humans(station: Station) -> None:
    row = station.alarm("ZQ")
    assert (row.kind, row.with_human) == ("unknown", True)


@pytest.mark.parametrize("state", ["suspended", "terminated"])
@pytest.mark.parametrize("code", ["BA", "FA"])
def test_a_site_without_a_contract_is_shown_to_a_human_and_calls_nobody(
    station: Station, state: str, code: str
) -> None:
    station.put(state=state)
    row = station.alarm(code)
    assert row.with_human
    assert station.called(row.id) == []


@pytest.mark.parametrize("code", ["CL", "OP", "RP", "BB"])
def test_what_opens_nothing_is_kept_in_the_days_logbook(station: Station, code: str) -> None:
    station.receives(station.signal(code))
    assert station.correlate() == 1
    assert station.incidents() == []
    assert [entry.site for entry in station.entries("signal")] == ["1002"]


def test_two_deliveries_of_one_message_are_one_signal(station: Station) -> None:
    signal = station.signal("BA")
    station.receives(signal, signal)
    station.receives(signal)
    assert station.correlate() == 1
    assert station.correlate() == 0


def test_vital_alarms_overtake_the_backlog(station: Station) -> None:
    station.receives(*(station.signal("CL", str(n)) for n in range(20)))
    station.receives(station.signal("AT"), station.signal("BA"), station.signal("FA"))
    station.correlate(limit=1)
    assert [row.kind for row in station.incidents()] == ["fire"]
    station.correlate(limit=2)
    assert {row.kind for row in station.incidents()} == {"fire", "intrusion", "power"}


def test_a_new_alarm_unparks(station: Station) -> None:
    row = station.alarm("BA")
    until = station.now + timedelta(hours=1)
    station.write(lambda tx: operating.claim(tx, row.id, "alice", station.now))
    station.write(lambda tx: operating.park(tx, row.id, "alice", until, station.now))
    station.later(10)
    again = station.alarm("BA")
    assert (again.parked_until, again.queue_due) == (None, station.now)


def test_a_running_incident_keeps_its_plan(station: Station) -> None:
    row = station.alarm("BA")
    station.plan("intrusion", {"id": "hand", "kind": "hand_to_operator"})
    station.ends(SHOP, "busy")
    station.later(20)
    station.ends(SHOP, "busy")
    assert station.called(row.id)[-1] == (FIRST, None)
    assert station.incident(row.id).plan["version"] == 1


def test_a_plan_that_is_gone_or_broken_is_an_operators(station: Station) -> None:
    with_plan = {"intrusion": "mine"}
    station.plan("mine", {"id": "call", "kind": "counter_call"})
    station.put(plans=with_plan)

    def spoil(tx: Tx) -> None:
        tx.exec_driver_sql("""UPDATE plan SET body = '{"id": "mine"}' WHERE id = 'mine'""")

    station.write(spoil)
    assert station.alarm("BA").with_human
    station.write(lambda tx: tx.exec_driver_sql("DELETE FROM plan WHERE id = 'mine'"))
    assert station.alarm("FA").with_human


# --- text from outside, and our own mistakes -----------------------------------------------------

HOSTILE = [
    "\0",
    "a\0b",
    "\ud800",
    "{zone}",
    "%s",
    "<script>",
    "'; DROP TABLE signal; --",
    "é" * 500,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_panel_is_more_than_text(station: Station, text: str) -> None:
    row = station.alarm("BA", "3", text=text, raw=text)
    stored = station.read(lambda tx: signals.of_incidents(tx, [row.id]))[row.id]
    shown = text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert [signal.text for signal in stored] == [shown]
    assert station.called(row.id) == [(SHOP, None)]


@pytest.mark.parametrize("field", ["account", "code", "zone", "partition", "user"])
def test_fields_of_any_length_and_kind_are_stored_and_looked_at(
    station: Station, field: str
) -> None:
    station.receives(station.signal(**{field: "\0{x}" * 99}), station.signal("FA"))
    assert station.correlate() == 2
    assert {row.kind for row in station.incidents()} >= {"fire"}


def test_a_signal_that_breaks_our_code_holds_up_no_other(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = correlating.Correlation._one

    def fails(self: Any, seen: Seen) -> None:
        if seen.signal.zone == "666":
            raise KeyError("our bug")
        real(self, seen)

    monkeypatch.setattr(correlating.Correlation, "_one", fails)
    station.receives(*(station.signal("BA", zone) for zone in ("3", "666", "4")))

    assert station.correlate() == 3
    assert station.correlate() == 0
    kinds = {row.kind: row for row in station.incidents()}
    assert kinds[Kind.INTRUSION].signal_count == 2
    assert (kinds[Kind.UNKNOWN].with_human, kinds[Kind.UNKNOWN].human_reason) == (True, "error")
