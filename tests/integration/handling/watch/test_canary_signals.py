"""Signals that the station sends to itself: who does not acknowledge is told of, and a stranger who
takes the canary's name is an alarm like any other."""

from __future__ import annotations

import asyncio

import pytest

from callflow import clock
from callflow.core.signals.signal import CANARY, Kind, Treatment
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.readings import Reading
from callflow.probes import canary
from callflow.processes.canary import Canary
from callflow.settings.config import Settings
from callflow.settings.lines import LineSettings, RelaySettings
from callflow.storage.people import users
from callflow.storage.watch import readings
from tests.integration.handling.station import Station
from tests.support.suite.ports import free_port


def test_what_the_station_sent_to_itself_opens_nothing(station: Station) -> None:
    sent = station.signal("RP", "", CANARY, encrypted=True)
    station.receives(sent)
    station.correlate()
    row = station.signal_row(sent)
    assert (row.incident_id, row.treatment, row.kind) == (None, Treatment.NOTED, Kind.TEST)
    assert station.incidents() == []


@pytest.mark.parametrize("code", ["RP", "FA"])
def test_a_stranger_in_the_canarys_name_is_looked_at(station: Station, code: str) -> None:
    assert station.alarm(code, "", CANARY).kind is Kind.UNKNOWN


def receiver_beats(station: Station, role: str = "receiver") -> None:
    now = clock.now()
    station.write(
        lambda tx: users.process_beat(
            tx,
            role,
            pid=1,
            since=now,
            now=now,
            state={},
            name=role,
            node="node0",
            host="here",
        )
    )


async def _says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


def said(station: Station) -> list[Reading]:
    return station.read(readings.every)


async def test_a_line_that_acknowledges_nothing_is_told_of_at_the_second_time(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "WITHIN", 0.1)
    port = free_port()
    settings = Settings(dc09_port=port, canary_every=0.01)
    trial = Canary(settings, station.store, station.vault)

    async def look() -> None:
        await asyncio.sleep(0.02)
        await trial.look()

    await look()
    assert said(station) == [], "no receiver lives: that is told of already"
    receiver_beats(station)
    async with await asyncio.start_server(_says_nothing, "127.0.0.1", port):
        await look()
        assert said(station) == [], "once more, before anybody is told"
        await look()
    found = {one.name: (one.state, one.reason, one.figure) for one in said(station)}
    assert found == dict.fromkeys(
        ("dc09-tcp", "dc09-udp"), (State.FAILED, Reason.NOT_ACKNOWLEDGED, None)
    )


def test_a_line_whose_frames_go_on_to_another_system_is_sent_none() -> None:
    extra = LineSettings(name="second", protocol="dc09", transport="udp", listen=5000)
    hardware = LineSettings(name="box", protocol="surgard", listen=5001, allow=("127.0.0.1",))
    relay = RelaySettings(line="dc09-tcp", to="192.0.2.1:9")
    settings = Settings(lines=(extra, hardware), relays=(relay,))
    called = LineSettings(name="called", protocol="dc07", connect="192.0.2.8:2000")
    settings = settings.model_copy(update={"lines": (*settings.lines, called)})
    assert [way.name for way in canary.ways(settings)] == ["dc09-udp", "second", "box"]
