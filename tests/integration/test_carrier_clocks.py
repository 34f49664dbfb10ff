"""Carriers' clocks over real sockets: asked again; of none that doesn't say, nor of a stranger."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from callflow.settings.trunks import TrunkSettings
from ivr.telephony.carrier_clocks import CarrierClocks
from tests.support.outside.certificates import certificate

HOST = "127.0.0.1"
Replies = Callable[[bytes], list[bytes]]
Answers = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answered(question: bytes, ahead: float, *, name: str = "") -> bytes:
    """As a carrier whose clock is so many seconds ahead."""
    at = clock.now() + timedelta(seconds=ahead)
    asked = re.search(rb"Call-ID: (\S+)", question)
    assert asked is not None
    lines = (
        "SIP/2.0 200 OK",
        f"Date: {at:%a, %d %b %Y %H:%M:%S} GMT",
        f"Call-ID: {name or asked[1].decode()}",
        "Content-Length: 0",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


class Carrier(asyncio.DatagramProtocol):
    """``replies`` says what it sends to each question."""

    def __init__(self, replies: Replies) -> None:
        self._replies = replies
        self.asked: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.append(data)
        for reply in self._replies(data):
            self._transport.sendto(reply, addr)


async def told(replies: Replies) -> tuple[dict[str, float], Carrier]:
    loop, carrier = asyncio.get_running_loop(), Carrier(replies)
    transport, _ = await loop.create_datagram_endpoint(lambda: carrier, local_addr=(HOST, 0))
    port = transport.get_extra_info("sockname")[1]
    clocks = CarrierClocks([trunk(port)], (), clock.now)
    try:
        await clocks.look()
    finally:
        transport.close()
    return clocks.told(), carrier


async def told_by_stream(
    answers: Answers, transport: str, own: ssl.SSLContext | None = None
) -> dict[str, float]:
    """``own``: the carrier's certificate; without one it speaks in clear."""
    server = await asyncio.start_server(answers, HOST, 0, ssl=own)
    async with server:
        port = server.sockets[0].getsockname()[1]
        clocks = CarrierClocks([trunk(port, transport)], (), clock.now)
        await clocks.look()
    return clocks.told()


def trunk(port: int, transport: str = "udp") -> TrunkSettings:
    return TrunkSettings.model_validate(
        {"name": "alpha", "address": f"{HOST}:{port}", "transport": transport}
    )


async def test_a_carrier_says_what_time_it_is() -> None:
    found, carrier = await told(lambda question: [answered(question, 20)])
    assert found == {"alpha": pytest.approx(-19.5, abs=1.5)}
    assert len(carrier.asked) == 1


async def test_a_lost_question_is_asked_again() -> None:
    seen: list[bytes] = []

    def second(question: bytes) -> list[bytes]:
        seen.append(question)
        return [answered(question, 0)] if len(seen) > 1 else []

    found, _ = await told(second)
    assert abs(found["alpha"]) < 1.5
    assert len(set(seen)) == 1


async def test_what_is_no_answer_to_it_is_passed_over() -> None:
    def noisy(question: bytes) -> list[bytes]:
        return [b"\xff" * 99, answered(question, 99, name="another"), answered(question, -20)]

    found, _ = await told(noisy)
    assert found == {"alpha": pytest.approx(19.5, abs=1.5)}


async def test_of_who_does_not_say_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.telephony.carrier_clocks._WITHIN", 0.3)
    assert (await told(lambda _: []))[0] == {}
    silent, _ = await told(lambda q: [re.sub(rb"Date:[^\n]*\n", b"", answered(q, 0))])
    assert silent == {}


async def test_over_tcp_the_same() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answered(await reader.readuntil(b"\r\n\r\n"), -20))
        await writer.drain()
        writer.close()

    assert await told_by_stream(answer, "tcp") == {"alpha": pytest.approx(19.5, abs=1.5)}


async def test_over_tls_the_same_whoever_vouches_for_it(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answered(asked[0], -20))
        await writer.drain()
        writer.close()

    own = certificate(tmp_path, "another.invalid")
    assert await told_by_stream(answer, "tls", own) == {"alpha": pytest.approx(19.5, abs=1.5)}
    assert b"Via: SIP/2.0/TLS " in asked[0]


async def _in_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"SIP/2.0 400 Bad Request\r\n\r\n")
    writer.close()


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize("carrier", [_in_clear, _silent])
async def test_of_a_carrier_that_speaks_no_tls_nothing_is_known(
    carrier: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.telephony.carrier_clocks._WITHIN", 1.0)
    assert await told_by_stream(carrier, "tls") == {}


async def test_a_carrier_over_tls_that_hangs_up_says_nothing(tmp_path: Path) -> None:
    async def goes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SIP/2.0 200 OK\r\nDate: ")
        writer.close()

    assert await told_by_stream(goes, "tls", certificate(tmp_path)) == {}


async def test_an_endless_answer_over_tcp_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.telephony.carrier_clocks._WITHIN", 1.0)

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SIP/2.0 200 OK\r\n" + b"X: y\r\n" * 20_000)
        await reader.read()
        writer.close()

    assert await told_by_stream(endless, "tcp") == {}
