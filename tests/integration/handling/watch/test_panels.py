"""Panels that call by phone: a message sent again is one event, a new alarm is another."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from callflow.core.calls.call import CallState, Direction, Outcome
from callflow.core.signals.contact_id import block_keys, read_block
from callflow.core.signals.signal import StoredSignal
from callflow.handling.alarms import receiving
from callflow.handling.calls import calling
from callflow.handling.watch import panels
from callflow.storage.calls import calls
from callflow.storage.signals import signals
from callflow.storage.signals.panels import waits
from ivr.telephony.panel_rows import to_signal
from tests.integration.handling.station import DESK, NIGHT, Station

CALL = "node0-1764000000.7"
PANEL = "+33639980070"


def send(station: Station, at: datetime, code: str = "1130", zone: str = "3") -> bool:
    """The panel of the site 1002 sends a message; whether it was new."""
    signal = to_signal(read_block(block_keys("1002", code, zone, "1")), PANEL, at)
    return station.store.write_now(lambda tx: panels.panel_message(tx, signal))


def stored(station: Station) -> list[StoredSignal]:
    return station.store.read_now(lambda tx: signals.page(tx, account="1002"))


def test_a_message_that_is_sent_again_within_minutes_is_one_event(station: Station) -> None:
    times = [NIGHT + timedelta(seconds=s) for s in (0, 3, 6, 9, 90, 179)]
    assert [send(station, at) for at in times] == [True, False, False, False, False, False]
    (row,) = stored(station)
    assert (row.code, row.zone, row.caller, row.line) == ("1130", "003", PANEL, "phone")
    assert row.raw == "1002 18 1130 01 003 9"


def test_the_same_alarm_an_hour_later_is_another_event(station: Station) -> None:
    assert send(station, NIGHT)
    assert send(station, NIGHT + timedelta(hours=1))
    assert len(stored(station)) == 2


def test_the_same_alarm_after_its_end_is_another_event(station: Station) -> None:
    codes = ["1130", "3130", "1130", "1130"]
    times = [NIGHT + timedelta(seconds=10 * n) for n in range(4)]
    sent = [send(station, at, code) for at, code in zip(times, codes, strict=True)]
    assert sent == [True, True, True, False]


def test_a_panel_s_call_has_one_row_however_often_its_server_dies(station: Station) -> None:
    def arrives() -> bool:
        return station.store.write_now(
            lambda tx: panels.panel_call(tx, CALL, PANEL, "node0", NIGHT, 'a "name"\0')
        )[1]

    assert [arrives(), arrives()] == [True, False]
    row = station.store.read_now(lambda tx: calls.get(tx, CALL))
    assert row is not None
    assert (row.direction, row.state) == (Direction.INCOMING.value, CallState.ANSWERED.value)
    station.store.write_now(
        lambda tx: calling.call_ended(tx, CALL, outcome=Outcome.HUNG_UP, now=NIGHT)
    )


def test_listening_in_hangs_the_call_on_the_incident_and_rings_a_desk(station: Station) -> None:
    def listen() -> tuple[str, bool]:
        return station.store.write_now(lambda tx: panels.panel_listen_in(tx, CALL, "1002", NIGHT))

    station.store.write_now(lambda tx: panels.panel_call(tx, CALL, PANEL, "node0", NIGHT))
    send(station, NIGHT, "1120")
    assert station.store.read_now(lambda tx: waits(tx, "1002"))
    station.store.write_now(lambda tx: receiving.correlate(tx, NIGHT))
    assert not station.store.read_now(lambda tx: waits(tx, "1002"))

    assert listen() == (CALL, True), "nothing may be heard there: a personal alarm"
    row = station.store.read_now(lambda tx: calls.get(tx, CALL))
    assert row is not None
    assert row.incident_id is not None
    desk = station.store.read_now(lambda tx: calls.for_room(tx, CALL))
    assert [call.to for call in desk] == [DESK]
    assert station.store.read_now(lambda tx: panels.panel_is_mute(tx, row))


def test_what_a_call_asked_for_is_known_after_a_crash(station: Station) -> None:
    def asked(number: str) -> str:
        row = station.store.write_now(
            lambda tx: panels.panel_call(tx, f"{CALL}{number[-1:]}", number, "node0", NIGHT)
        )[0]
        return station.store.read_now(lambda tx: panels.panel_asked(tx, row, "1606"))

    send(station, NIGHT - timedelta(seconds=1), "1606")
    assert asked(PANEL) == "", "that was an earlier call"
    send(station, NIGHT + timedelta(minutes=5), "1606")
    assert asked(PANEL) == "1002"
    assert asked("+33639980071") == asked("") == ""


def test_a_site_without_an_incident_is_listened_in_to_as_well(station: Station) -> None:
    station.store.write_now(lambda tx: panels.panel_call(tx, CALL, PANEL, "node0", NIGHT))
    found = station.store.write_now(lambda tx: panels.panel_listen_in(tx, CALL, "1002", NIGHT))
    assert found == (CALL, False)
    assert len(station.store.read_now(lambda tx: calls.for_room(tx, CALL))) == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("+33639980070", "+33639980070"),
        ("33639980070", "+33639980070"),
        ("0639980070", "+33639980070"),
        ("0033639980070", "+33639980070"),
        ("06 39 98 00 70", "+33639980070"),
        ("3244556677", "+3244556677"),
        ("anonymous", "anonymous"),
        ("", ""),
        ("x" * 100, "x" * 32),
        ("1\r\nAction: Originate\0", "1\ufffd\ufffdAction: Originate\ufffd"),
        ("٠٦٣٩٩٨٠٠٧٠", "٠٦٣٩٩٨٠٠٧٠"),
    ],
)
def test_a_caller_s_number_is_e164_where_it_can_be_one(sent: str, kept: str) -> None:
    assert panels.caller_number(sent) == kept
