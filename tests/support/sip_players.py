"""A hundred telephones in one process: a network that answers the station's calls and keeps every
RTP packet, with the kernel's time of its arrival.

SIP as far as a called phone needs it (RFC 3261), media both ways in A-law (RFC 3551), keys as
telephone events (RFC 4733). It says nothing but silence. pjsua2 would need a core for thirty calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import secrets
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Self

FRAME_S, FRAME = 0.020, 160  # seconds and bytes of a packet's sound
_SILENCE = b"\xd5" * FRAME
_PCMA = 8
_EVENTS = {key: place for place, key in enumerate("0123456789*#ABCD")}
_PHASES = 4  # phones that don't all send in the same millisecond
_TIMESTAMPS = 35  # SO_TIMESTAMPNS (Linux), not in Python's socket


@dataclass(frozen=True, slots=True)
class Packet:
    """Sound that arrived: when (Unix time, the kernel's), its number, its A-law."""

    at: float
    number: int
    sound: bytes


@dataclass(frozen=True, slots=True)
class _Due:
    """A packet to send. ``since``: of a key, how many frames ago it began; ``end``: its last.

    ``payload``: None is what the line says anyway.
    """

    payload: bytes | None
    since: int | None = None
    end: bool = False
    key: str = ""


_PAUSE = _Due(None)


def _event(key: str, frames: int, *, end: bool = False) -> bytes:
    """RFC 4733, 2.3: the event, its end and volume (−10 dBm0), how long it lasted so far."""
    return struct.pack("!BBH", _EVENTS[key], (0x80 if end else 0) | 10, frames * FRAME)


@dataclass(eq=False)
class Player:
    """One call that was answered."""

    number: str
    media: socket.socket
    far_end: tuple[str, int]
    event_type: int | None
    heard: list[Packet] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    says: bytes = _SILENCE  # a packet of A-law, again and again
    _sending: deque[_Due] = field(default_factory=deque)
    _typed: asyncio.Event = field(default_factory=asyncio.Event)
    _number: int = field(default_factory=lambda: random.randrange(1 << 15))
    _clock: int = field(default_factory=lambda: random.randrange(1 << 30))
    _source: int = field(default_factory=lambda: random.randrange(1 << 32))
    _last_sent: float = 0.0

    async def types(self, keys: str, *, key_s: float = 0.1, pause_s: float = 0.06) -> float:
        """Types ``keys``, each so long; when (Unix time) the last packet of the last one left.

        Where the call is over nothing leaves any more.
        """
        assert self.event_type is not None, "the far end takes no RFC 4733"
        steps = round(key_s / FRAME_S)
        for key in keys:
            self._sending.extend(_Due(sound) for sound in self.leaks(key))
            self._sending.extend(
                _Due(_event(key, step + 1), step, key=key) for step in range(steps)
            )
            self._sending.append(_Due(_event(key, steps, end=True), steps, end=True))
            self._sending.extend([_PAUSE] * (round(pause_s / FRAME_S) - 1))
        self._typed.clear()
        if not self.over.is_set():
            await self._typed.wait()
        return self._last_sent

    def leaks(self, key: str) -> list[bytes]:
        """What sounds, packet by packet, before a key is known to be one."""
        return []

    def tick(self) -> None:
        """Sends what is due every 20 ms."""
        due = self._sending.popleft() if self._sending else _PAUSE
        is_event = due.since is not None
        kind = self.event_type if is_event and self.event_type is not None else _PCMA
        payload = self.next_sound() if due.payload is None else due.payload
        stamp = (self._clock - (due.since or 0) * FRAME) & 0xFFFFFFFF
        for _ in range(3 if due.end else 1):
            marker = 0x80 if due.since == 0 else 0
            number = self._number & 0xFFFF
            head = struct.pack("!BBHII", 0x80, kind | marker, number, stamp, self._source)
            self._number += 1
            with contextlib.suppress(OSError):
                self.media.sendto(head + payload, self.far_end)
        self._clock += FRAME
        if due.end:
            self._last_sent = time.time()
            if all(later.since is None for later in self._sending):
                self._typed.set()

    def next_sound(self) -> bytes:
        """What is said in the next 20 ms, as A-law."""
        return self.says

    def receive(self) -> None:
        """Takes every packet that waits."""
        while True:
            try:
                data, more, _, _ = self.media.recvmsg(2048, 64)
            except (BlockingIOError, ConnectionError):
                return
            if len(data) > 12:
                seconds, nanoseconds = struct.unpack("qq", more[0][2][:16])
                self.took(data, seconds + nanoseconds / 1e9)

    def took(self, data: bytes, at: float) -> None:
        """A packet of RTP came, when the kernel says."""
        if data[1] & 0x7F == _PCMA:
            self.heard.append(Packet(at, int.from_bytes(data[2:4], "big"), data[12:]))


class Players:
    """An async context: the network at ``port``, its phones' media from ``media_port`` on.

    ``calls`` are those answered, by the number that was called.
    """

    def __init__(self, port: int, media_port: int) -> None:
        self._port, self._media = port, media_port
        self.calls: dict[str, Player] = {}
        self.invited: list[str] = []  # the number of each call that came, whose INVITE may repeat
        self._by_call: dict[str, tuple[Player, bytes]] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._ticking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Sip(self), local_addr=("127.0.0.1", self._port)
        )
        ours = self._transport.get_extra_info("socket")
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        self._ticking = asyncio.create_task(self._tick(), name="players")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._ticking is not None
        assert self._transport is not None
        self._ticking.cancel()
        await asyncio.gather(self._ticking, return_exceptions=True)
        self._transport.close()
        for call in self._by_call.values():
            self._end(call[0])

    def forget(self) -> None:
        """Calls that are over are kept no longer."""
        self.calls.clear()

    async def _tick(self) -> None:
        """Every phone each 20 ms, a part of them each 5."""
        due, turn = time.monotonic(), 0
        while True:
            for place, player in enumerate(list(self.calls.values())):
                if place % _PHASES == turn and not player.over.is_set():
                    player.tick()
            turn = (turn + 1) % _PHASES
            due += FRAME_S / _PHASES
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    # --- SIP ---

    def received(self, data: bytes, source: tuple[str, int]) -> None:
        """A request, or an answer that nobody waits for."""
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        method = head.partition(" ")[0]
        call_id = header_of(head, "Call-ID")
        match method:
            case "INVITE":
                self._invited(head, body, call_id, source)
            case "BYE" | "CANCEL":
                self._send(answer_to(head, "200 OK"), source)
                if call_id in self._by_call:
                    self._end(self._by_call[call_id][0])
            case "OPTIONS":
                self._send(answer_to(head, "200 OK"), source)

    def _invited(self, head: str, body: str, call_id: str, source: tuple[str, int]) -> None:
        if call_id in self._by_call:  # again: the first answer was lost, or late
            self._send(self._by_call[call_id][1], source)
            return
        found = re.search(r"sip:\+?(\d+)@", head)
        assert found
        media = self._open()
        player = talks(f"+{found[1]}", media, body)
        sdp = offer(media, player.event_type)
        contact = f"Contact: <sip:players@127.0.0.1:{self._port}>"
        answer = answer_to(head, "200 OK", contact, sdp, tag=secrets.token_hex(4))
        self._by_call[call_id] = player, answer
        self.calls[player.number] = player
        self.invited.append(player.number)
        self._send(answer, source)

    def _open(self) -> socket.socket:
        media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        media.setblocking(False)
        media.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
        media.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        while True:
            self._media += 2
            with contextlib.suppress(OSError):
                media.bind(("127.0.0.1", self._media))
                return media

    def _end(self, player: Player) -> None:
        if not player.over.is_set():
            player.over.set()
            player._typed.set()
            asyncio.get_running_loop().remove_reader(player.media.fileno())
            player.media.close()

    def _send(self, data: bytes, to: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(data, to)


def talks(number: str, media: socket.socket, body: str) -> Player:
    """Somebody on the line, whose far end's audio is as ``body`` (SDP) says."""
    there, event_type = far_end(body)
    assert event_type is not None, "the station offers no RFC 4733"
    player = Player(number, media, there, event_type)
    listens(player)
    return player


def far_end(body: str) -> tuple[tuple[str, int], int | None]:
    """Where the far end's audio is, and its type of telephone events, as ``body`` (SDP) says."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    events = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", body, re.MULTILINE)
    assert host
    assert port
    return (host[1], int(port[1])), int(events[1]) if events else None


def listens(player: Player) -> None:
    """From now on each packet is kept as it comes."""
    asyncio.get_running_loop().add_reader(player.media.fileno(), player.receive)


def offer(media: socket.socket, event_type: int | None = 101) -> str:
    """SDP of A-law and keys at ``media``; None: no keys but those that sound."""
    events = () if event_type is None else (f"a=rtpmap:{event_type} telephone-event/8000",)
    return "\r\n".join(
        (
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=-",
            "c=IN IP4 127.0.0.1",
            "t=0 0",
            f"m=audio {media.getsockname()[1]} RTP/AVP 8"
            + ("" if event_type is None else f" {event_type}"),
            "a=rtpmap:8 PCMA/8000",
            *events,
            "a=ptime:20",
            "",
        )
    )


class _Sip(asyncio.DatagramProtocol):
    def __init__(self, players: Players) -> None:
        self._players = players

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._players.received(data, addr)


def header_of(head: str, name: str) -> str:
    """A header of a message; "" where it has none."""
    found = re.search(rf"^{name} *: *(.*?)\r?$", head, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def answer_to(head: str, status: str, more: str = "", body: str = "", tag: str = "") -> bytes:
    """The answer to a request, with its Via, From, To, Call-ID and CSeq (RFC 3261, 8.2.6.2)."""
    kept = [line for line in head.split("\r\n") if line.lower().startswith(("via:", "from:"))]
    to = header_of(head, "To")
    kept.append(f"To: {to}" + (f";tag={tag}" if tag and ";tag=" not in to else ""))
    kept += [f"{name}: {header_of(head, name)}" for name in ("Call-ID", "CSeq")]
    if more:
        kept.append(more)
    if body:
        kept.append("Content-Type: application/sdp")
    kept.append(f"Content-Length: {len(body)}")
    return ("\r\n".join([f"SIP/2.0 {status}", *kept]) + f"\r\n\r\n{body}").encode()
