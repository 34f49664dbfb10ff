"""Who may speak where: hardware receivers on declared lines, and only from allowed networks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Literal

import pytest

from callflow import clock
from callflow.core.signals import surgard
from callflow.core.signals.panel import message
from callflow.core.signals.signal import CANARY
from callflow.probes import canary
from callflow.receiver.connections import Connection
from callflow.receiver.doors import least_useful
from callflow.receiver.server import line_settings
from callflow.settings.config import Settings
from callflow.settings.lines import LineSettings
from tests.integration.receiver.conftest import (
    HOST,
    KEYS,
    OwnKey,
    Station,
    event,
    make_station,
)
from tests.support.suite.ports import free_port

ELSEWHERE = "192.0.2.0/24"


def test_without_a_declared_line_no_receiver_is_listened_to() -> None:
    assert [line.protocol for line in line_settings(Settings())] == ["dc09", "dc09"]


@pytest.mark.parametrize(("allow", "let_in"), [([ELSEWHERE], False), ([ELSEWHERE, HOST], True)])
async def test_a_receiver_speaks_only_from_where_it_may(allow: Sequence[str], let_in: bool) -> None:
    own = LineSettings(name="mlr", protocol="surgard", listen=free_port(), allow=tuple(allow))
    station = make_station((own,))
    await station.receiver.start()
    wire = await station.wire(own.listen or 0)
    await wire.send(surgard.encode("1001", "BA", "3"))
    if let_in:
        assert await wire.bytes(1) == surgard.ACK
    else:
        await wire.hung_up()
    assert station.count("refused", "mlr") == (0 if let_in else 1)
    assert len(station.store.signals) == let_in
    await wire.close()
    await station.receiver.stop()


async def test_a_panel_speaks_only_from_where_it_may() -> None:
    station = make_station(dc09_allow=(ELSEWHERE,))
    await station.receiver.start()
    wire = await station.wire()
    await wire.send(event())
    await wire.hung_up()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(event(), (HOST, station.port))
        await station.until(lambda: station.count("refused", "dc09-udp") == 1)
    await asyncio.sleep(0)
    assert station.store.signals == []
    await wire.close()
    await station.receiver.stop()


@pytest.mark.parametrize(("allow", "let_in"), [([], True), (["::1"], True), (["127.0.0.1"], False)])
async def test_a_panel_is_heard_at_each_address(allow: Sequence[str], let_in: bool) -> None:
    """IPv4's list is no way in for IPv6."""
    station = make_station(bind=("127.0.0.1", "::1"), dc09_allow=tuple(allow))
    await station.receiver.start()
    reader, writer = await asyncio.open_connection("::1", station.port)
    writer.write(event())
    answer = await reader.read(200)
    assert (b"ACK" in answer) is let_in
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
        udp.bind(("::1", 0))
        udp.sendto(event(sequence=2), ("::1", station.port))
        await station.until(
            lambda: len(station.store.signals) == 2 or station.count("refused", "dc09-udp") == 1
        )
    assert len(station.store.signals) == (2 if let_in else 0)
    writer.close()
    await station.receiver.stop()


def own(code: str = "RP", *, account: str = CANARY, key: bytes | None = KEYS[CANARY]) -> bytes:
    """As the station sends to itself, or nearly."""
    data = f"#{account}|Nri1/{code}"
    return message("SIA-DCS", account, data, sequence=1, key=key, stamp=clock.now())


@pytest.fixture
async def elsewhere() -> AsyncIterator[Station]:
    """Panels are let in from elsewhere only."""
    station = make_station(dc09_allow=(ELSEWHERE,))
    await station.receiver.start()
    yield station
    for wire in station.wires:
        await wire.close()
    await station.receiver.stop()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_what_the_station_sends_to_itself_is_let_in(
    elsewhere: Station, transport: Literal["tcp", "udp"]
) -> None:
    line = f"dc09-{transport}"
    way = canary.Way(line, HOST, elsewhere.port, transport=transport)
    assert await canary.acknowledged_in(way, OwnKey()) is not None  # type: ignore[arg-type]
    (signal,) = elsewhere.store.signals
    assert (signal.account, signal.encrypted, signal.line) == (CANARY, True, line)
    assert elsewhere.count("refused", line) == 0


HOSTILE = {
    "in its name, in clear": lambda: own(key=None),
    "in its name, with another key": lambda: own(key=KEYS["1009"]),
    "with its key, in another name": lambda: own(account="1009"),
    "a panel's own": lambda: own(account="1009", key=KEYS["1009"]),
    "behind one of the station's": lambda: own() + event(),
    "before one of the station's": lambda: event() + own(),
    "cut off": lambda: own()[:-8],
    "no frame": lambda: b"\xff" * 64,
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_nobody_else_of_this_machine_is_let_in_by_it(elsewhere: Station, what: str) -> None:
    datagram = HOSTILE[what]()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(datagram, (HOST, elsewhere.port))
        await elsewhere.until(lambda: elsewhere.count("refused", "dc09-udp") == 1)
        udp.setblocking(False)
        with pytest.raises(BlockingIOError):
            udp.recv(2048)
    assert elsewhere.store.signals == []
    assert elsewhere.heard == {}


async def test_a_flood_of_other_peoples_datagrams_leaves_the_stations_own_its_way(
    elsewhere: Station,
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for _ in range(200):
            udp.sendto(event(), (HOST, elsewhere.port))
    way = canary.Way("dc09-udp", HOST, elsewhere.port, transport="udp")
    assert await canary.acknowledged_in(way, OwnKey()) is not None  # type: ignore[arg-type]


async def test_of_ipv6_a_subscriber_is_one_however_many_addresses_it_has() -> None:
    station = make_station()
    line = station.receiver._doors[0].line

    def connection(peer: str) -> Connection:
        made = Connection(line, set())
        made.peer = peer
        return made

    many = [connection(f"2001:db8:0:1::{n:x}") for n in range(1, 6)]
    others = [connection("192.0.2.1"), connection("192.0.2.1"), connection("2001:db8:0:2::1")]
    assert least_useful({*many, *others}) in many


async def test_an_address_that_is_not_there_stops_the_receiver_by_name() -> None:
    station = make_station(dc09_bind=("192.0.2.77",))
    with pytest.raises(
        OSError, match=r"no interface of this machine has the address: 192\.0\.2\.77"
    ):
        await station.receiver.start()
    await station.receiver.stop()
