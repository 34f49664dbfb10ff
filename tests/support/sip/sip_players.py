"""A hundred telephones: a network that answers the station's calls and keeps every RTP packet, with
the kernel's time of its arrival.

SIP as far as a called phone needs it (RFC 3261), media both ways in A-law (RFC 3551), keys as
telephone events (RFC 4733). It says nothing but silence. pjsua2 would need a core for thirty calls.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import socket
import struct
from dataclasses import dataclass, field
from typing import Self

from tests.support.phones.mouth import PCMA, Happening
from tests.support.phones.packet_sender import FarMouth

#: What an answer repeats as it came (RFC 3261, 8.2.6.2 and 12.1.1).
_COPIED = ("via:", "from:", "record-route:")
_TIMESTAMPS = 35  # SO_TIMESTAMPNS (Linux), not in Python's socket


@dataclass(frozen=True, slots=True)
class Packet:
    """Sound that arrived: when (Unix time, the kernel's), its number, its A-law."""

    at: float
    number: int
    sound: bytes


@dataclass(eq=False)
class Player:
    """One call that was answered. It says nothing but silence until ``mouth`` is told else."""

    number: str
    media: socket.socket
    far_end: tuple[str, int]
    event_type: int | None
    heard: list[Packet] = field(default_factory=list)
    sound: bytearray = field(default_factory=bytearray)  # all A-law that came, end to end
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _typed: asyncio.Event = field(default_factory=asyncio.Event)
    _typed_at: float = 0.0

    def __post_init__(self) -> None:
        self.mouth = FarMouth(self.media, self.far_end, self.event_type, self.told)
        asyncio.get_running_loop().add_reader(self.media.fileno(), self.receive)

    async def types(self, keys: str, *, key_s: float = 0.1, pause_s: float = 0.06) -> float:
        """Types ``keys``, each so long; when (Unix time) the last packet of the last one left.

        Where the call is over nothing leaves any more.
        """
        assert self.event_type is not None, "the far end takes no RFC 4733"
        self._typed.clear()
        if not self.over.is_set():
            self.mouth.types(keys, key_s=key_s, pause_s=pause_s, leaks=self.leaks(keys))
            await self._typed.wait()
        return self._typed_at

    def leaks(self, keys: str) -> dict[str, bytes]:
        """What sounds, by its key, before a key is known to be one."""
        return {}

    def told(self, happening: Happening) -> None:
        """Of what it says."""
        what, _, at = happening
        if what == "typed":
            self._typed_at = at
            self._typed.set()

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
        if data[1] & 0x7F == PCMA:
            self.heard.append(Packet(at, int.from_bytes(data[2:4], "big"), data[12:]))
            self.sound += data[12:]

    def came_at(self, byte: int) -> float:
        """When (Unix time) a byte of the sound came."""
        for packet in self.heard:
            byte -= len(packet.sound)
            if byte < 0:
                return packet.at
        raise IndexError("it did not come yet")

    def end(self) -> None:
        """The call is over."""
        if self.over.is_set():
            return
        self.over.set()
        self._typed.set()
        self.mouth.end()
        asyncio.get_running_loop().remove_reader(self.media.fileno())
        self.media.close()


@dataclass
class Ear:
    """Words (A-law) in what somebody heard: all of their bytes, after those that were found before
    (``cursor``)."""

    player: Player
    cursor: int = 0

    def first(self, *words: bytes) -> tuple[int, int] | None:
        """Which of them was said first, and its first byte; None: none was, so far."""
        sound = self.player.sound
        places = ((sound.find(one, self.cursor), which) for which, one in enumerate(words))
        at, which = min((one for one in places if one[0] >= 0), default=(-1, 0))
        if at < 0:
            return None
        self.cursor = at + len(words[which])
        return which, at


class Players:
    """An async context: the network at ``port``, its phones' media from ``media_port`` on.

    ``calls`` are those answered, by the number that was called.
    """

    def __init__(self, port: int, media_port: int) -> None:
        self._port, self._media = port, media_port
        self.calls: dict[str, Player] = {}
        self.invited: list[str] = []  # the number of each call that came, whose INVITE may repeat
        self._by_call: dict[str, tuple[Player, bytes]] = {}
        self._theirs: dict[str, tuple[str, tuple[str, int]]] = {}  # its contact, and its socket
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Sip(self), local_addr=("127.0.0.1", self._port)
        )
        ours = self._transport.get_extra_info("socket")
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        self._transport.close()
        for player, _answer in self._by_call.values():
            player.end()

    def forget(self) -> None:
        """Calls that are over are kept no longer."""
        self.calls.clear()

    def hang_up_all(self) -> None:
        """Everybody who talks."""
        for call_id, (player, answer) in self._by_call.items():
            if not player.over.is_set():
                self._send(self._bye(call_id, answer.decode()), self._theirs[call_id][1])
                player.end()

    def _bye(self, call_id: str, answer: str) -> bytes:
        """Ours is the To of what we answered."""
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        lines = (
            f"BYE {self._theirs[call_id][0]} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};branch={branch}",
            "Max-Forwards: 70",
            f"From: {header_of(answer, 'To')}",
            f"To: {header_of(answer, 'From')}",
            f"Call-ID: {call_id}",
            "CSeq: 1 BYE",
            "Content-Length: 0",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

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
                    self._by_call[call_id][0].end()
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
        there = re.search(r"<(sip:[^>]+)>", header_of(head, "Contact"))
        self._theirs[call_id] = there[1] if there else f"sip:{source[0]}:{source[1]}", source
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

    def _send(self, data: bytes, to: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(data, to)


def talks(number: str, media: socket.socket, body: str) -> Player:
    """Somebody on the line, whose far end's audio is as ``body`` (SDP) says."""
    there, event_type = far_end(body)
    assert event_type is not None, "the station offers no RFC 4733"
    return Player(number, media, there, event_type)


def far_end(body: str) -> tuple[tuple[str, int], int | None]:
    """Where the far end's audio is, and its type of telephone events, as ``body`` (SDP) says."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    events = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", body, re.MULTILINE)
    assert host
    assert port
    return (host[1], int(port[1])), int(events[1]) if events else None


def offer(media: socket.socket, event_type: int | None = 101, host: str = "127.0.0.1") -> str:
    """SDP of A-law and keys at ``media``; None: no keys but those that sound."""
    events = () if event_type is None else (f"a=rtpmap:{event_type} telephone-event/8000",)
    return "\r\n".join(
        (
            "v=0",
            f"o=- 1 1 IN IP4 {host}",
            "s=-",
            f"c=IN IP4 {host}",
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
    kept = [line for line in head.split("\r\n") if line.lower().startswith(_COPIED)]
    to = header_of(head, "To")
    kept.append(f"To: {to}" + (f";tag={tag}" if tag and ";tag=" not in to else ""))
    kept += [f"{name}: {header_of(head, name)}" for name in ("Call-ID", "CSeq")]
    if more:
        kept.append(more)
    if body:
        kept.append("Content-Type: application/sdp")
    kept.append(f"Content-Length: {len(body)}")
    return ("\r\n".join([f"SIP/2.0 {status}", *kept]) + f"\r\n\r\n{body}").encode()
