"""Signals that belong together, and those that must not (D6, D9, D10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.correlation import Rates
from callflow.core.signals.signal import StoredSignal, Treatment
from callflow.handling.alarms import receiving
from callflow.storage import Tx
from callflow.storage import schema as t
from callflow.storage.calls import calls
from tests.integration.handling.station import SHOP, Station


def declare(station: Station, **values: Any) -> None:
    """The account as it is declared."""

    def write(tx: Tx) -> None:
        tx.execute(t.account.update().where(t.account.c.account == "1002").values(**values))

    station.write(write)


def agree(station: Station, **rules: Any) -> None:
    """What is agreed for the site's signals."""

    def write(tx: Tx) -> None:
        tx.execute(t.site.update().where(t.site.c.id == "1002").values(rules=rules))

    station.write(write)


def says(station: Station, code: str, zone: str = "", **more: Any) -> StoredSignal:
    """A signal stored and correlated, with what the station itself finds out by it; its row."""
    sent = station.signal(code, zone, **more)
    station.receives(sent)
    while station.correlate():
        pass
    return station.signal_row(sent)


def kinds(station: Station) -> list[str]:
    return [row.kind for row in station.incidents()]


# --- armed periods ------------------------------------------------------------------------


def test_an_alarm_of_the_next_armed_period_is_another_incident(station: Station) -> None:
    says(station, "CL", "1")
    first = station.alarm("BA", "3")
    station.later(60)
    says(station, "OP", "1")
    station.later(60)
    says(station, "CL", "1")
    station.later(60)
    assert station.alarm("BA", "3").id != first.id


def test_order_of_a_backlog_is_not_the_order_of_its_periods(station: Station) -> None:
    """Alarms are taken before openings; what was armed when counts all the same."""
    sent = []
    for code in ("CL", "BA", "OP", "CL", "BA"):
        station.now += timedelta(seconds=30)
        sent.append(station.signal(code, "3"))
    station.receives(*sent)
    station.correlate()
    assert kinds(station) == ["intrusion", "intrusion"]


def test_mains_knows_no_armed_period(station: Station) -> None:
    first = station.alarm("AT", "")
    station.later(60)
    says(station, "CL", "1")
    station.later(60)
    assert station.alarm("AT", "").id == first.id


def test_each_partition_has_its_own_period(station: Station) -> None:
    says(station, "CL", "1", partition="1")
    first = station.alarm("BA", "3", partition="1")
    station.later(60)
    says(station, "CL", "1", partition="2")
    assert station.alarm("BA", "3", partition="1").id == first.id


def test_the_arming_state_of_each_partition_is_kept(station: Station) -> None:
    says(station, "CL", "1", partition="1")
    station.later(60)
    says(station, "CL", "2", partition="2", user="2")
    station.later(60)
    says(station, "OP", "1", partition="1")

    rows = station.read(lambda tx: [row._asdict() for row in tx.execute(t.partition.select())])
    states = {row["partition"]: (row["armed"], row["since"]) for row in rows}
    assert states == {
        "1": (False, station.now),
        "2": (True, station.now - timedelta(seconds=60)),
    }


def test_a_late_opening_does_not_undo_a_newer_closing(station: Station) -> None:
    station.now += timedelta(hours=1)
    says(station, "CL", "1")
    says(station, "OP", "1", panel_time=station.now - timedelta(minutes=30))
    rows = station.read(lambda tx: [row._asdict() for row in tx.execute(t.partition.select())])
    assert [row["armed"] for row in rows] == [True]


# --- one zone in every format -------------------------------------------------------------


def test_a_restore_in_another_format_ends_the_same_zone(station: Station) -> None:
    row = station.alarm("BA", "3")
    says(station, "3130", "003", format="ADM-CID")
    assert station.incident(row.id).zones == {"3": "restored"}


def test_a_zone_bent_to_a_lift_is_one_in_every_format(station: Station) -> None:
    assert station.alarm("1130", "009", format="contact-id").kind == "lift"


# --- cancel by code -----------------------------------------------------------------------


def test_a_cancel_in_time_closes_an_unconfirmed_intrusion(station: Station) -> None:
    row = station.alarm("BA", "3")
    call = station.rings(SHOP)
    station.later(60)
    cancelled = says(station, "BC", "1")

    assert cancelled.treatment == "cancelled"
    row = station.incident(row.id)
    assert (row.state, row.resolution_code) == ("awaiting_normal", "cancelled")
    orders = station.write(lambda tx: calls.claim_actions(tx, "node0", station.now))
    assert [(order.call_id, order.kind) for order in orders] == [(call, "hang_up")]
    says(station, "BR", "3")
    assert station.incident(row.id).state == "filed"


@pytest.mark.parametrize("late", [121, 3600])
def test_a_late_cancel_is_noted_on_the_incident_and_closes_nothing(
    station: Station, late: float
) -> None:
    row = station.alarm("BA", "3")
    station.now += timedelta(seconds=late)
    noted = says(station, "BC", "1")
    assert (noted.treatment, noted.incident_id) == ("noted", row.id)
    assert station.incident(row.id).state == "open"


def test_nothing_cancels_a_confirmed_intrusion_nor_a_personal_alarm(station: Station) -> None:
    station.alarm("BA", "3")
    station.alarm("BA", "4")
    station.alarm("HA", "5")
    says(station, "BC", "1")
    assert {row.state for row in station.incidents()} == {"open"}


def test_an_alarm_after_the_cancel_voids_it(station: Station) -> None:
    row = station.alarm("BA", "3")
    says(station, "BC", "1")
    station.later(5)
    assert station.alarm("BA", "3").id == row.id
    assert station.incident(row.id).state == "open"


def test_a_cancel_that_came_before_the_alarm_of_its_batch_closes_nothing(station: Station) -> None:
    station.alarm("BA", "3")
    station.now += timedelta(seconds=10)
    cancel = station.signal("BC", "1")
    station.now += timedelta(seconds=1)
    station.receives(cancel, station.signal("BA", "3"))
    station.correlate()
    assert {row.state for row in station.incidents()} == {"open"}


def test_where_no_cancel_is_agreed_none_closes(station: Station) -> None:
    agree(station, cancel_within=0)
    station.alarm("BA", "3")
    station.now += timedelta(seconds=1)
    says(station, "BC", "1")
    assert {row.state for row in station.incidents()} == {"open"}


def test_a_revoked_user_cancels_nothing(station: Station) -> None:
    def users(tx: Tx) -> None:
        row = {"account": "1002", "contact_id": None}
        tx.execute(t.panel_user.insert().values(**row, number="1", part="person", revoked=True))
        tx.execute(t.panel_user.insert().values(**row, number="2", part="person", revoked=False))
        tx.execute(t.panel_user.insert().values(**row, number="3", part="duress", revoked=False))

    station.write(users)
    row = station.alarm("BA", "3")
    for user in ("1", "3", "7"):
        says(station, "BC", user)
    assert station.incident(row.id).state == "open"
    says(station, "BC", "002")
    assert station.incident(row.id).state == "awaiting_normal"


# --- delivered late -----------------------------------------------------------------------


def test_a_late_delivery_is_marked_and_told_with_the_panels_time(station: Station) -> None:
    raised = station.now - timedelta(minutes=40)
    row = says(station, "BA", "3", panel_time=raised)
    assert row.deferred
    assert station.incident(row.incident_id).alarm_at == raised
    assert "différé, émis le 25/11/2026 02:20:00 UTC" in station.entries("signal")[0].text


def test_a_clock_that_is_known_to_be_wrong_defers_nothing(station: Station) -> None:
    declare(station, skew=-2400.0)
    row = says(station, "BA", "3", panel_time=station.now - timedelta(minutes=40))
    assert not row.deferred


@pytest.mark.parametrize("off", [timedelta(seconds=100), -timedelta(hours=3), timedelta(days=400)])
def test_what_is_no_late_delivery_is_not_marked(station: Station, off: timedelta) -> None:
    assert not says(station, "BA", "3", panel_time=station.now - off).deferred


# --- runaway ------------------------------------------------------------------------------


def flood(station: Station, count: int, rates: Rates, *codes: str) -> None:
    """``count`` signals of the site within half a minute, correlated as they come."""
    for number in range(count):
        station.now += timedelta(seconds=30 / count)
        station.receives(station.signal(codes[number % len(codes)], str(number % 50 + 10)))
        if number % 25 == 24:
            station.write(lambda tx: receiving.correlate(tx, station.now, rates=rates))


def test_a_runaway_panel_is_one_incident_with_a_count(station: Station) -> None:
    flood(station, 500, Rates(), "BA")
    rows = station.incidents()
    assert [(row.kind, row.signal_count) for row in rows] == [("intrusion", 500)]
    assert rows[0].human_reason == "runaway"
    told = station.told(rows[0].id)
    assert told.count("runaway") == 1
    assert told.count("signal") == 100


def test_whatever_a_runaway_panel_sends_is_one_incident(station: Station) -> None:
    flood(station, 500, Rates(), "RP", "YT", "CL", "TR", "ZZ", "UA")
    runaways = [row for row in station.incidents() if row.runaway_at]
    assert len(runaways) == 1
    assert runaways[0].signal_count >= 400


def test_a_fire_of_a_runaway_panel_stands_alone(station: Station) -> None:
    rates = Rates()
    flood(station, 200, rates, "BA")
    station.receives(station.signal("FA", "7"), station.signal("FA", "8"))
    station.write(lambda tx: receiving.correlate(tx, station.now, rates=rates))
    fires = [row for row in station.incidents() if row.kind == "fire"]
    assert [(row.with_human, row.signal_count) for row in fires] == [(True, 2)]


def test_a_panel_that_calmed_down_is_looked_at_again(station: Station) -> None:
    rates = Rates()
    flood(station, 200, rates, "BA")
    station.now += timedelta(minutes=2)
    sent = station.signal("AT", "")
    station.receives(sent)
    station.write(lambda tx: receiving.correlate(tx, station.now, rates=rates))
    assert station.signal_row(sent).treatment == "opened"


def test_another_site_is_not_counted_with_it(station: Station) -> None:
    station.put("1003")
    rates = Rates()
    flood(station, 150, rates, "BA")
    station.receives(station.signal("BA", "3", "1003"))
    station.write(lambda tx: receiving.correlate(tx, station.now, rates=rates))
    assert [row.signal_count for row in station.incidents(site="1003")] == [1]


# --- swinger ------------------------------------------------------------------------------


def swing(station: Station, times: int, zone: str = "3") -> list[Treatment | None]:
    """The zone alarms and is restored so often; what became of each alarm."""
    found = []
    for _ in range(times):
        station.later(60)
        found.append(says(station, "BA", zone).treatment)
        station.later(20)
        says(station, "BR", zone)
    return found


def test_the_same_zone_again_and_again_is_a_swinger_said_once(station: Station) -> None:
    assert swing(station, 8) == ["opened", *["joined"] * 7]
    swingers = [row for row in station.incidents() if row.kind == "swinger"]
    assert [(row.signal_count, row.zones) for row in swingers] == [(1, {"3": "alarm"})]


def test_a_swinger_is_taken_out_where_that_is_agreed_until_it_is_armed_anew(
    station: Station,
) -> None:
    agree(station, swinger_after=3, swinger_shunt=True)
    says(station, "CL", "1")
    assert swing(station, 5) == ["opened", "joined", "joined", "shunted", "shunted"]
    assert swing(station, 1, "4") == ["joined"]
    station.later(60)
    says(station, "OP", "1")
    station.later(60)
    says(station, "CL", "1")
    assert swing(station, 1) == ["opened"]


def test_a_fire_is_never_taken_out(station: Station) -> None:
    agree(station, swinger_after=2, swinger_shunt=True)
    for _ in range(4):
        station.later(60)
        assert says(station, "FA", "6").treatment in ("opened", "joined")
        says(station, "FR", "6")


# --- both paths lost ----------------------------------------------------------------------


def test_both_paths_lost_while_armed_are_as_grave_as_an_intrusion(station: Station) -> None:
    says(station, "CL", "1")
    says(station, "1351", "000", format="ADM-CID")
    assert "paths_lost" not in kinds(station)
    says(station, "1352", "000", format="ADM-CID")

    lost = next(row for row in station.incidents() if row.kind == "paths_lost")
    assert (lost.category, lost.priority, lost.plan["id"]) == ("security", 1, "intrusion")
    assert station.called(lost.id) == [(SHOP, None)]
    says(station, "3351", "000", format="ADM-CID")
    assert set(station.incident(lost.id).zones.values()) == {"restored"}


def test_both_paths_lost_while_disarmed_are_a_fault_of_the_line(station: Station) -> None:
    says(station, "OP", "1")
    says(station, "1351", "000", format="ADM-CID")
    says(station, "1352", "000", format="ADM-CID")
    assert kinds(station) == ["line"]


def test_one_path_twice_is_one_path(station: Station) -> None:
    says(station, "CL", "1")
    says(station, "LT", "1")
    says(station, "LT", "1")
    assert kinds(station) == ["line"]


# --- from elsewhere -----------------------------------------------------------------------


def test_a_caller_that_is_not_the_panels_is_an_incident_once_a_day(station: Station) -> None:
    declare(station, phone="+33639980777", line="phone")
    for _ in range(3):
        says(station, "1130", "003", format="contact-id", line="phone", caller="+33639980666")
    says(station, "1130", "003", format="contact-id", line="phone", caller="+33639980777")
    assert sorted(kinds(station)) == ["intrusion", "mismatch"]
    mismatch = next(row for row in station.incidents() if row.kind == "mismatch")
    assert mismatch.signal_count == 1
    texts = [row.data["text"] for row in station.entries("signal")]
    assert "+33639980666 (déclaré : +33639980777)" in texts


def test_another_line_than_the_declared_one_is_an_incident(station: Station) -> None:
    declare(station, line="surgard")
    says(station, "BA", "3", line="surgard/01-03")
    assert kinds(station) == ["intrusion"]
    says(station, "BA", "3", line="dc09-tcp")
    assert sorted(kinds(station)) == ["intrusion", "mismatch"]


# --- an administrator's word --------------------------------------------------------------


def override(station: Station, code: str, zone: str = "", **values: Any) -> None:
    row = {"kind": None, "category": None, "priority": None, "opens": None, **values}

    def write(tx: Tx) -> None:
        tx.execute(t.event_override.insert().values(site_id="1002", code=code, zone=zone, **row))

    station.write(write)


def test_a_code_means_what_the_administrator_says_at_this_site(station: Station) -> None:
    station.put("1003")
    override(station, "BA", kind="fire")
    row = station.alarm("BA", "3")
    assert (row.kind, row.category, row.priority) == ("fire", "vital", 1)
    assert station.alarm("BA", "3", "1003").kind == "intrusion"


def test_an_override_of_a_zone_wins_over_the_sites(station: Station) -> None:
    override(station, "BA", priority=4)
    override(station, "BA", "3", category="technical", priority=3)
    row = station.alarm("BA", "003")
    assert (row.kind, row.category, row.priority) == ("intrusion", "technical", 3)
    assert row.plan["id"] == "operator"


def test_a_code_may_be_told_to_open_nothing(station: Station) -> None:
    override(station, "AT", opens=False)
    assert says(station, "AT").treatment == "noted"
    assert kinds(station) == []


def test_an_unknown_code_gets_a_meaning(station: Station) -> None:
    override(station, "QX", kind="flood")
    assert station.alarm("QX", "3").kind == "flood"


def test_the_restore_of_an_overridden_zone_still_ends_it(station: Station) -> None:
    override(station, "BA", kind="technical")
    row = station.alarm("BA", "3")
    says(station, "BR", "3")
    assert station.incident(row.id).zones == {"3": "restored"}
