"""The telephones' door before a real Asterisk: other pages, floods, and a telephony that goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from callflow.clock import monotonic
from callflow.core.calls.phones import PhoneKind
from callflow.core.station.addresses import network_of
from callflow.handling.calls.phones import Endpoint
from ivr.asterisk.phones import render_phones
from ivr.door import relay
from ivr.door.handshake import Pages, Visitors
from tests.integration.asterisk.conftest import Pair
from tests.integration.asterisk.throwaway import until
from tests.support.sip.sip_wires import Request, Shut, Wire, ask, status
from tests.support.suite.ports import free_port

PHONE = Endpoint(name="op-page", kind=PhoneKind.SOFTPHONE, secret="a-secret-of-the-session")


@pytest.fixture(autouse=True)
def _phone(pair: Pair) -> None:
    render(pair, PHONE)


def render(pair: Pair, phone: Endpoint) -> None:
    """The station knows this telephone."""
    render_phones(pair.station.instance, [phone])
    pair.station.rx("module reload res_pjsip.so")


def registers(wire: Wire) -> int:
    """What it is answered."""
    request = Request(sender=f"<sip:{PHONE.name}@127.0.0.1>", contacts=("<sip:x@x.invalid>",))
    return status(ask(wire, request, PHONE.name, PHONE.secret))


@pytest.mark.parametrize("kind", ["ws", "wss"])
def test_another_site_s_page_opens_nothing(pair: Pair, kind: str) -> None:
    port = pair.http_port if kind == "ws" else pair.wss_port
    for origin in (
        "http://evil.example",
        f"http://127.0.0.1:{pair.web_port + 1}",
        "null",
        "http://[",
    ):
        with (
            pytest.raises(Shut, match="403 Forbidden"),
            Wire(kind, port, headers={"Origin": origin}),
        ):
            pass
    with Wire(kind, port, pair.web_port) as wire:
        assert registers(wire) == 200


def test_nobody_goes_round_the_door(pair: Pair) -> None:
    """Asterisk's own port is anybody's of this host: without its secret path there is nothing."""
    with pytest.raises(Shut, match="404"), Wire("ws", pair.inner_port, pair.web_port):
        pass


@contextlib.contextmanager
def _strangers(pair: Pair, kind: str, many: int) -> Iterator[list[socket.socket]]:
    """Connections that are held open: silent, dripping, or WebSockets of a forged page."""
    held = []
    try:
        for number in range(many):
            link = socket.create_connection(("127.0.0.1", pair.http_port), timeout=5)
            held.append(link)
            if kind == "dripping":
                link.sendall(b"GET /ws HTTP/1.1\r\nX: "[: number % 20 + 1])
            elif kind == "WebSockets":
                link.sendall(
                    f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{pair.http_port}\r\n"
                    "Upgrade: websocket\r\n"
                    f"Connection: Upgrade\r\nOrigin: http://127.0.0.1:{pair.web_port}\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Protocol: sip\r\n\r\n".encode()
                )
        yield held
    finally:
        for link in held:
            link.close()


@pytest.mark.parametrize("kind", ["silent", "dripping", "WebSockets"])
def test_two_thousand_strangers_keep_no_telephone_out(pair: Pair, kind: str) -> None:
    with Wire("ws", pair.http_port, pair.web_port) as before:
        assert registers(before) == 200
        with _strangers(pair, kind, 2000):
            # The strangers are there all the time, whoever else the machine works for is not.
            assert min(_seconds_to_register(pair) for _ in range(3)) < 1
            assert registers(before) == 200  # who had proved who they are is never let go


def _seconds_to_register(pair: Pair) -> float:
    begun = monotonic()
    with Wire("ws", pair.http_port, pair.web_port) as wire:
        assert registers(wire) == 200
    return monotonic() - begun


async def test_who_proves_nothing_is_let_go_and_who_does_stays(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "PROOF", 0.5)
    monkeypatch.setattr(relay, "FIRST", 0.5)
    prefix = pair.station.instance.http_prefix()
    door = relay.Door(upstream=pair.inner_port, prefix=prefix, pages=Pages(port=pair.web_port))
    listener = socket.create_server(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    task = asyncio.create_task(door.listen(listener))
    await asyncio.to_thread(_stays_only_with_a_password, port, pair.web_port)
    task.cancel()
    await door.end()
    assert door.visits == 0


def _stays_only_with_a_password(port: int, web_port: int) -> None:
    silent = socket.create_connection(("127.0.0.1", port), timeout=5)
    with silent, Wire("ws", port, web_port) as stranger, Wire("ws", port, web_port) as phone:
        assert registers(phone) == 200
        assert silent.recv(1) == b""
        with pytest.raises((Shut, ConnectionError)):
            _guesses_for_ever(stranger)
        assert registers(phone) == 200


def _guesses_for_ever(wire: Wire) -> None:
    """Words don't help; nor does what Asterisk answers to a ping."""
    while True:
        guess = Request(sender=f"<sip:{PHONE.name}@127.0.0.1>")
        assert status(ask(wire, guess, PHONE.name, "a-guess")) == 401


async def test_behind_a_proxy_a_strangers_flood_lets_its_own_go(pair: Pair) -> None:
    """All connections are the proxy's: who is let go is of the client that has most."""
    door = relay.Door(
        upstream=pair.inner_port,
        prefix=pair.station.instance.http_prefix(),
        pages=Pages(port=pair.web_port),
        visitors=Visitors(proxies=(network_of("127.0.0.1"),)),
        strangers=8,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    task = asyncio.create_task(door.listen(listener))
    await asyncio.to_thread(_stays_beside_a_flood, port, pair.web_port)
    task.cancel()
    await door.end()
    assert door.refused["crowded"] >= 12


def _stays_beside_a_flood(port: int, web_port: int) -> None:
    origin = f"http://127.0.0.1:{web_port}"
    base = {"Host": f"127.0.0.1:{port}", "Origin": origin}
    with contextlib.ExitStack() as held:
        phone = Wire("ws", port, headers={**base, "X-Forwarded-For": "203.0.113.10"})
        held.enter_context(phone)
        for number in range(20):
            said = f"203.0.113.{number}, 2001:db8:0:1::{number:x}"
            held.enter_context(Wire("ws", port, headers={**base, "X-Forwarded-For": said}))
        assert registers(phone) == 200


def test_a_telephony_that_ends_cuts_nobody_and_takes_nobody(pair: Pair) -> None:
    """Its next one opens a door of its own, at the same port."""
    port = free_port()
    told = {
        "listen": [("127.0.0.1", port, False)],
        "certificate": "",
        "key": "",
        "upstream": pair.inner_port,
        "prefix": pair.station.instance.http_prefix(),
        "web_port": pair.web_port,
        "public": [],
        "allowed": [],
        "proxies": [],
        "proxy_header": "x-forwarded-for",
    }

    def opened() -> subprocess.Popen[bytes]:
        door = subprocess.Popen(
            [sys.executable, "-m", "ivr.door"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        assert door.stdin is not None
        door.stdin.write(json.dumps(told).encode() + b"\n")
        door.stdin.flush()
        until(_is_open)
        return door

    def _is_open() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    first = opened()
    with Wire("ws", port, pair.web_port) as wire:
        assert registers(wire) == 200
        assert first.stdin is not None
        first.stdin.close()
        until(lambda: not _is_open())
        second = opened()
        assert registers(wire) == 200
        with Wire("ws", port, pair.web_port) as another:
            assert registers(another) == 200
        assert first.poll() is None
    assert first.wait(10) == 0
    assert second.stdin is not None
    second.stdin.close()
    assert second.wait(10) == 0
