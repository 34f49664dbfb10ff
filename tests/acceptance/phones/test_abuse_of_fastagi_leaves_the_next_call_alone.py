"""Whatever knocks on the FastAGI port of a running station: the next call works, at rest it rests.

A hostile name on a call from outside is test_text_from_outside_means_nothing.py's.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from ivr.asterisk.instance import Instance, Kind
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

_HEADER = b"agi_network: yes\nagi_network_script: %s\nagi_uniqueid: %s\nagi_callerid: 3363998%s\n"


class Knocker:
    """Somebody on the station's machine who opens connections; ``close`` ends those left open.

    ``knows``: the header's line that only the station's Asterisk can say, and who may read its
    files.
    """

    def __init__(self, station: Station) -> None:
        self._port = station.agi_port
        secret = Instance(kind=Kind.STATION, data_dir=station.data_dir).agi_secret()
        self.knows = f"agi_arg_1: {secret}\n\n".encode()
        self._open: list[asyncio.StreamWriter] = []

    async def knock(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open.append(writer)
        return reader, writer

    async def close(self) -> None:
        for writer in self._open:
            writer.close()
        for writer in self._open:
            with suppress(OSError):
                await writer.wait_closed()


async def connect_and_close(peer: Knocker) -> None:
    for _ in range(300):
        _, writer = await peer.knock()
        writer.close()


async def half_headers(peer: Knocker) -> None:
    """Left open: they are dropped after their time, and stand in nobody's way until then."""
    for _ in range(50):
        _, writer = await peer.knock()
        writer.write(b"agi_network: yes\nagi_uni")


async def a_header_of_2_mb(peer: Knocker) -> None:
    for piece in (b"x" * 2_000_000, b"agi_arg_1: x\n" * 160_000):
        reader, writer = await peer.knock()
        with suppress(ConnectionError):
            writer.write(b"agi_network: yes\n" + piece)
            await writer.drain()
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def the_end_in_a_dialogue(peer: Knocker) -> None:
    """Calls that Asterisk doesn't have: each begins its dialogue, gets a command, and vanishes."""
    for number in range(20):
        channel = (b"no-call-%d", b"node0-1795577466.9%04d")[number % 2] % number
        for route in (b"incoming", b"outgoing"):
            reader, writer = await peer.knock()
            writer.write(_HEADER % (route, channel, b"5000") + peer.knows)
            with suppress(ConnectionError):
                await asyncio.wait_for(reader.readline(), 10)
                writer.write(b"200 result=" if number % 3 else b"HANGUP\n")
            writer.close()


async def nonsense_for_answers(peer: Knocker) -> None:
    for answer in (b"x" * 100_000 + b"\n", b"520-Invalid\n", b"\xff\xfe\n", b"HANGUP511 dead\n"):
        reader, writer = await peer.knock()
        writer.write(_HEADER % (b"incoming", b"nonsense-%d" % len(answer), b"5001") + peer.knows)
        with suppress(ConnectionError):
            await asyncio.wait_for(reader.readline(), 10)
            writer.write(answer)
            await writer.drain()
        writer.close()


async def calls_of_a_stranger(peer: Knocker) -> None:
    """Another user of the machine answers for a phone, or calls: no command, so no prompt, no code
    and no dialogue."""
    for said in (b"\n", b"agi_arg_1: a-guess\n\n"):
        for route in (b"incoming", b"outgoing", b"panel"):
            reader, writer = await peer.knock()
            writer.write(_HEADER % (route, b"node0-1795577466.1", b"5002") + said)
            with suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 10) == b""


ABUSE: tuple[Callable[[Knocker], Awaitable[None]], ...] = (
    calls_of_a_stranger,
    connect_and_close,
    half_headers,
    a_header_of_2_mb,
    the_end_in_a_dialogue,
    nonsense_for_answers,
)


async def telephony(station: Station) -> int:
    """The process that works as telephony."""
    processes = (await station.api.get("/health")).json()["processes"]
    return next(int(found["pid"]) for found in processes if found["role"] == "telephony")


def cpu_seconds(pid: int) -> float:
    """What a process used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def at_rest(station: Station, pid: int) -> bool:
    """Whether the process uses less than a fifth of a processor over a second."""
    before = cpu_seconds(pid)
    await asyncio.sleep(1)
    return cpu_seconds(pid) - before < 0.2


async def the_next_call_works(station: Station) -> None:
    account, number = sites.fresh("A"), sites.number(51)
    await sites.put(station, account, sites.site(account, sites.premises(account, number)))
    await station.phone(number, "answer", after_s=0, keys="2580#www1")
    await station.send(account, "BA", "3")

    async def closed() -> bool:
        found = await station.incidents(account=account)
        return bool(found) and found[-1]["resolution_code"] == "false_alarm"

    await station.until(closed, 40)
    incident = await station.incident(account)
    assert [call["outcome"] for call in incident["calls"]] == ["verified_ok"]


async def test_the_next_call_works_and_the_station_rests(station: Station) -> None:
    pid = await telephony(station)
    peer = Knocker(station)
    for abuse in ABUSE:
        await abuse(peer)
    await the_next_call_works(station)
    await peer.close()
    assert await telephony(station) == pid  # nothing made it start anew

    async def no_call_is_up() -> bool:
        return bool((await station.api.get("/health")).json()["live_calls"] == 0)

    await station.until(no_call_is_up, 40)  # those that never were are known not to be
    await station.until(lambda: at_rest(station, pid), 30)
