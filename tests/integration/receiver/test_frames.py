"""Frames of real panels over real sockets: each is answered as it was framed, and stored."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.receiver.conftest import HOST, Station
from tests.support.outside.frames import SourcedFrame, sourced_frames

#: The keys of the encrypted ones are not this station's: see the unit tests.
FRAMES = [f for f in sourced_frames() if f.key is None and not f.refused]
EVENTS = [f for f in FRAMES if "code" in f.says]


def codes(frames: list[SourcedFrame]) -> list[tuple[str, str]]:
    return sorted((frame.says["account"], frame.says["code"]) for frame in frames)


def stored(station: Station) -> list[tuple[str, str]]:
    return sorted((signal.account, signal.code) for signal in station.store.signals)


@pytest.mark.parametrize("segment", [1, 7, 1400, 1 << 16])
async def test_all_of_them_in_one_connection_however_it_is_cut(
    station: Station, segment: int
) -> None:
    stream = b"".join(frame.wire for frame in FRAMES)
    wire = await station.wire()
    for place in range(0, len(stream), segment):
        await wire.send(stream[place : place + segment])
    answers = [await wire.answer() for _ in FRAMES]
    assert all(answer.startswith('"ACK"') for answer in answers)
    for frame, answer in zip(FRAMES, answers, strict=True):
        assert frame.reply in (None, answer)
    assert stored(station) == codes(EVENTS)
    assert station.count("bad_crc") == station.count("bad_length") == 0
    polls = {frame.says["poll"] for frame in FRAMES if "poll" in frame.says}
    assert polls <= station.heard.keys()


async def test_refused_ones_between_them_cost_nothing(station: Station) -> None:
    wire = await station.wire()
    await wire.send(b"".join(frame.wire for frame in sourced_frames()))
    replies = [await wire.answer() for _ in FRAMES]
    await station.until(lambda: len(station.store.signals) == len(EVENTS))
    assert stored(station) == codes(EVENTS)
    assert all(reply[1:4] in ("ACK", "NAK", "DUH") for reply in replies)


async def test_each_in_a_datagram_of_its_own(station: Station) -> None:
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[bytes] = asyncio.Queue()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Inbox(inbox), remote_addr=(HOST, station.port)
    )
    try:
        for frame in FRAMES:
            transport.sendto(frame.wire)
            reply = await asyncio.wait_for(inbox.get(), 5)
            # A CRC of two bytes is answered with one.
            assert reply[1:].index(b'"') == (6 if frame.crc == "2007" else 8)
            assert b'"ACK"' in reply
    finally:
        transport.close()
    assert stored(station) == codes(EVENTS)


class Inbox(asyncio.DatagramProtocol):
    def __init__(self, datagrams: asyncio.Queue[bytes]) -> None:
        self._datagrams = datagrams

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._datagrams.put_nowait(data)
