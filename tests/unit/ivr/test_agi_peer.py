"""What a FastAGI peer sends is handed on piece by piece; no more of it is kept than is asked."""

from __future__ import annotations

import asyncio
from unittest import mock

import pytest

from ivr.agi.protocol import ANSWER_LIMIT, HEADER_LIMIT, Peer


class _Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.listens = True

    def pause_reading(self) -> None:
        self.listens = False

    def resume_reading(self) -> None:
        self.listens = True


@pytest.fixture
async def transport() -> _Transport:
    return _Transport()


@pytest.fixture
async def peer(transport: _Transport) -> Peer:
    begun = mock.Mock()
    made = Peer(begun)
    made.connection_made(transport)
    begun.assert_called_once_with(made)
    return made


async def test_lines_come_in_any_pieces(peer: Peer) -> None:
    peer.data_received(b"one\ntw")
    assert await peer.until(b"\n", 10, 5) == b"one\n"
    second = asyncio.ensure_future(peer.until(b"\n", 10, 5))
    await asyncio.sleep(0)
    peer.data_received(b"o")
    peer.data_received(b"\nthree\n")
    assert await second == b"two\n"
    assert await peer.until(b"\n", 10, 5) == b"three\n"


async def test_what_was_sent_before_the_end_counts(peer: Peer) -> None:
    peer.data_received(b"200 result=1\nHANG")
    assert peer.eof_received()
    assert await peer.until(b"\n", 100, 5) == b"200 result=1\n"
    with pytest.raises(EOFError):
        await peer.until(b"\n", 100, 5)
    peer.connection_lost(ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        await peer.until(b"\n", 100, 5)


async def test_a_line_without_an_end_is_given_up(peer: Peer) -> None:
    waiting = asyncio.ensure_future(peer.until(b"\n", ANSWER_LIMIT, 5))
    await asyncio.sleep(0)
    peer.data_received(b"x" * (ANSWER_LIMIT + 1))
    with pytest.raises(ValueError, match="long"):
        await waiting


async def test_silence_is_given_up_and_what_comes_later_is_kept(peer: Peer) -> None:
    with pytest.raises(TimeoutError):
        await peer.until(b"\n", 10, 0.001)
    peer.data_received(b"late\n")
    assert await peer.until(b"\n", 10, 5) == b"late\n"


async def test_who_talks_without_being_asked_is_listened_to_no_more(
    peer: Peer, transport: _Transport
) -> None:
    peer.data_received(b"x\n" + b"y" * HEADER_LIMIT)
    assert not transport.listens
    assert await peer.until(b"\n", 10, 5) == b"x\n"
    assert transport.listens
