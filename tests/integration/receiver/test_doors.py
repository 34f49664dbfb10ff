"""Who may speak where: hardware receivers on declared lines, and only from allowed networks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest

from callflow.core.signals import surgard
from callflow.receiver.connections import Connection
from callflow.receiver.doors import least_useful
from callflow.receiver.server import line_settings
from callflow.settings.config import Settings
from callflow.settings.lines import LineSettings
from tests.integration.receiver.conftest import HOST, event, make_station
from tests.support.ports import free_port

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
