"""Ear and mouth of packet phones: what came is known whole and what is said leaves by the clock,
whatever this process is doing meanwhile."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
import pytest_asyncio

from tests.support.phones import hearing
from tests.support.phones.mouth import FRAME, SILENCE
from tests.support.phones.packet_call import Dialogue, PacketCall
from tests.support.phones.packet_line import DeafError, Line
from tests.support.sip.sip_players import offer

pytestmark = pytest.mark.asyncio

PROMPT = bytes(np.random.default_rng(7).integers(0, 128, 50 * FRAME, dtype=np.uint8))
REST = SILENCE * FRAME


class FarEnd:
    """The station's side of a line: it sends what it is told."""

    def __init__(self) -> None:
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind(("127.0.0.1", 0))
        self.call = PacketCall(1, Dialogue("x", "us", "them"))
        self._number = 65_500  # its numbers begin anew in a prompt

    def says(self, *frames: bytes, lost: Sequence[int] = ()) -> None:
        for place, frame in enumerate(frames):
            self._number += 1
            if place not in lost:
                head = struct.pack("!BBHII", 0x80, 8, self._number & 0xFFFF, 0, 7)
                self.media.sendto(head + frame, self.call.media.getsockname())

    @property
    def line(self) -> Line:
        return self.call.sounds


@pytest_asyncio.fixture
async def far_end() -> AsyncIterator[FarEnd]:
    there = FarEnd()
    there.call.opens(offer(there.media))
    yield there
    there.call.became("DISCONNECTED")
    there.media.close()


def held_up(seconds: float) -> None:
    """This process does nothing, as on a loaded machine."""
    threading.Event().wait(seconds)


def frames(sound: bytes) -> list[bytes]:
    return [sound[place : place + FRAME] for place in range(0, len(sound), FRAME)]


async def test_a_prompt_that_came_while_nobody_looked_is_heard_where_it_stood(
    far_end: FarEnd,
) -> None:
    far_end.says(*[REST] * 5)
    held_up(0.3)
    said = far_end.line.length / hearing.RATE
    far_end.says(*frames(PROMPT))
    held_up(0.3)
    found = far_end.call.search(PROMPT)()
    assert found is not None
    assert said <= found.at < far_end.line.length / hearing.RATE - 0.2  # when it came, not now
    assert hearing.alaw(PROMPT) == pytest.approx(
        far_end.line.samples(round(found.at * hearing.RATE))[: len(PROMPT)]
    )


async def test_a_prompt_with_a_piece_missing_is_none(far_end: FarEnd) -> None:
    whole = frames(PROMPT)
    far_end.says(*whole[:20], *whole[21:])  # the station skipped it: the numbers go on
    far_end.says(*whole[:25], REST, *whole[25:])  # and halted in it
    look = far_end.call.search(PROMPT)
    assert look() is None
    assert [one.score for one in far_end.call.all_of(PROMPT)] == [0.4, 0.5]  # it was begun twice
    far_end.says(*whole)
    assert look() is not None
    assert far_end.call.search(PROMPT)() is None  # it was said once


async def test_a_lost_packet_makes_no_judgement(far_end: FarEnd) -> None:
    far_end.says(*frames(PROMPT), lost=[3, 4])
    far_end.says(*frames(PROMPT))
    with pytest.raises(DeafError, match="2 packets"):
        far_end.call.search(PROMPT)()


async def test_a_second_s_sound_fits_into_the_buffer_many_times(far_end: FarEnd) -> None:
    far_end.says(*frames(PROMPT) * 20)
    assert len(far_end.line.sound) == 20 * len(PROMPT)


async def test_what_is_said_leaves_while_this_process_does_nothing(far_end: FarEnd) -> None:
    """Nothing of asyncio runs meanwhile: the far end is waited for as a busy process waits."""
    tone = hearing.tone(1000, seconds=0.5)
    said = far_end.line.plays(tone, again=False)
    far_end.media.settimeout(30)
    came = b""
    while len(came) < 2 * len(tone):
        came += far_end.media.recv(2048)[12:]
    heard = hearing.seconds_of_tone(hearing.alaw(came), 1000)
    assert heard == pytest.approx(0.5, abs=0.05)  # whole, and once
    await said.over.wait()
    assert said.ended > 0


async def test_keys_are_pressed_while_this_process_does_nothing(far_end: FarEnd) -> None:
    typing = asyncio.create_task(far_end.line.types("19#"))
    await asyncio.sleep(0)  # they are told to the process that sends
    far_end.media.settimeout(30)
    ended: list[int] = []
    while len(ended) < 3:
        data = far_end.media.recv(2048)
        if data[1] & 0x7F == 101 and data[13] >> 7 and data[12] not in ended:
            ended.append(data[12])
    assert ended == [1, 9, 11]
    await typing
    assert [key for key, _ in far_end.call.typed] == ["1", "9", "#"]
