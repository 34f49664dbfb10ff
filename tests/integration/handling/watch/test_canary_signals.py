"""Signals that the station sends to itself: who does not acknowledge is told of, and a stranger who
takes the canary's name is an alarm like any other."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Literal

import pytest
from pydantic import ValidationError

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


def receiver_beats(station: Station, pid: int, lived: timedelta) -> None:
    now, role = clock.now(), "receiver"
    station.write(
        lambda tx: users.process_beat(
            tx,
            role,
            pid=pid,
            since=now - lived,
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
    receiver_beats(station, 1, timedelta(seconds=1))
    await look()
    await look()
    assert said(station) == [], "nor where one has just begun, perhaps again and again"
    receiver_beats(station, 2, timedelta(minutes=1))
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


#: An address of this machine that nothing of the station's listens at.
ELSEWHERE = "127.0.0.2"


class _Heard(asyncio.DatagramProtocol):
    """Whoever a datagram comes from."""

    def __init__(self) -> None:
        self.peer = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self.peer.done():
            self.peer.set_result(addr[0])


def from_outside(name: str, port: int, **more: Any) -> canary.Way:
    settings = Settings(canary_lines={name: f"127.0.0.1:{port}"}, canary_source=ELSEWHERE, **more)
    return next(way for way in canary.ways(settings) if way.name == name)


@pytest.mark.parametrize("protocol", ["dc09", "surgard"])
async def test_a_signal_from_outside_goes_where_panels_send_by_the_way_that_is_set(
    station: Station, monkeypatch: pytest.MonkeyPatch, protocol: Literal["dc09", "surgard"]
) -> None:
    monkeypatch.setattr(canary, "WITHIN", 5.0)
    peers = []

    async def heard(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[0])
        writer.close()

    line = LineSettings(name="more", protocol=protocol, listen=5001, allow=("127.0.0.1",))
    async with await asyncio.start_server(heard, "127.0.0.1", 0) as server:
        way = from_outside("more", server.sockets[0].getsockname()[1], lines=(line,))
        assert await canary.acknowledged_in(way, station.vault) is None
    assert peers == [ELSEWHERE]


async def test_a_datagram_from_outside_leaves_by_the_way_that_is_set(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "WITHIN", 0.1)
    loop = asyncio.get_running_loop()
    listens, heard = await loop.create_datagram_endpoint(_Heard, local_addr=("127.0.0.1", 0))
    try:
        way = from_outside("dc09-udp", listens.get_extra_info("sockname")[1])
        assert await canary.acknowledged_in(way, station.vault) is None
        assert await heard.peer == ELSEWHERE
    finally:
        listens.close()


def test_a_line_that_is_not_named_is_reached_as_before() -> None:
    inside = {way.name: way for way in canary.ways(Settings())}
    settings = Settings(canary_lines={"dc09-tcp": "alarms.example.com:2009"})
    found = {way.name: way for way in canary.ways(settings)}
    assert (found["dc09-tcp"].host, found["dc09-tcp"].port) == ("alarms.example.com", 2009)
    assert found["dc09-udp"] == inside["dc09-udp"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"canary_lines": {"phone": "alarms.example.com:1"}}, "no line that waits to be called"),
        ({"canary_lines": {"dc09-tcp": "alarms.example.com"}}, "host:port"),
        ({"canary_lines": {"dc09-tcp": "alarms.example.com:99999"}}, "host:port"),
        ({"canary_pages": "file:///etc/passwd"}, "http"),
        ({"canary_source": "eth0; reboot"}, "canary_source"),
    ],
)
def test_an_address_from_outside_that_can_be_none_is_refused(
    wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(**wrong)
