"""A phone that knows each packet: SIP (RFC 3261), A-law (RFC 3551) and keys (RFC 4733) by hand, in
the test's own process.

A prompt is heard when all of its bytes came in order: a loaded machine changes nothing, for packets
have the kernel's time and wait in its buffer. By their numbers none is missing, or the test is told
so (DeafError).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

from tests.support.phones.handset import Phone
from tests.support.phones.hearing import Samples
from tests.support.phones.packet_call import Dialogue, Media, PacketCall
from tests.support.phones.packet_line import Line, open_media
from tests.support.sip.raw_sip import credentials
from tests.support.sip.sip_players import answer_to, header_of, offer

_AGAIN_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds between two of a request (RFC 3261, 17.1.1)
_BUFFER = 1 << 20


@dataclass
class _Asked:
    """A request of ours, until its last answer."""

    answered: asyncio.Event = field(default_factory=asyncio.Event)
    final: asyncio.Future[tuple[str, str]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


@dataclass(eq=False)
class PacketPhone(Phone, asyncio.DatagramProtocol):
    """A phone in the test's own process, of the simulated network or on an operator's desk."""

    password: str = "phone"
    #: Where it is.
    host: str = "127.0.0.1"
    calls: list[PacketCall] = field(default_factory=list, init=False)
    _transport: asyncio.DatagramTransport | None = field(default=None, init=False)
    _port: int = field(default=0, init=False)
    _asked: dict[tuple[str, int, str], _Asked] = field(default_factory=dict, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _failed: BaseException | None = field(default=None, init=False)

    patience_s = 60.0

    # --- its life ---

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.host, 0)
        )
        ours = self._transport.get_extra_info("socket")
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._port = ours.getsockname()[1]
        assert await self.registers() == 200

    async def registers(self, seconds: int = 3600) -> int:
        """For so long, or for what the registrar gives; what it answers."""
        uri, me = f"sip:{self.registrar}", f"<sip:{self.name}@{self.registrar}>"
        mine = Dialogue(_token(), f"{me};tag={_token()}", me)
        head, _ = await self._asks(mine, "REGISTER", uri, more=(f"Expires: {seconds}",))
        return _status(head)

    async def stop(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        for call in self.calls:
            if not call.over:
                self._ends(call)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self.registers(0)
                await asyncio.gather(*self._tasks)
        self.crashes()

    def crashes(self) -> None:
        assert self._transport is not None
        self._transport.close()
        for task in self._tasks:
            task.cancel()
        for call in self.calls:
            if call.line is not None:
                call.line.end()
            call.media.close()
            call.control.close()

    # --- what it asks of the network ---

    @property
    def _network(self) -> tuple[str, int]:
        host, _, port = self.registrar.rpartition(":")
        return host, int(port)

    def _request(
        self, who: Dialogue, method: str, uri: str, *, more: Sequence[str] = (), body: str = ""
    ) -> bytes:
        named = any(one.startswith("Content-Type:") for one in more)
        kind = ("Content-Type: application/sdp",) if body and not named else ()
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.host}:{self._port};branch=z9hG4bK{_token()};rport",
            "Max-Forwards: 70",
            f"From: {who.ours}",
            f"To: {who.theirs}",
            f"Call-ID: {who.call_id}",
            f"CSeq: {who.sequence} {method}",
            f"Contact: {self._contact}",
            *more,
            *kind,
            f"Content-Length: {len(body)}",
        ]
        return ("\r\n".join(lines) + f"\r\n\r\n{body}").encode()

    @property
    def _contact(self) -> str:
        return f"<sip:{self.name}@{self.host}:{self._port}>"

    async def _asks(
        self, who: Dialogue, method: str, uri: str, *, more: Sequence[str] = (), body: str = ""
    ) -> tuple[str, str]:
        """Asks, with the password where the network wants it; the last answer, its body."""
        who.sequence += 1
        message = self._request(who, method, uri, more=more, body=body)
        head, answer = await self._once(who, method, message)
        if _status(head) == 401 and not any(one.startswith("Authorization") for one in more):
            proof = credentials(head.encode(), method, uri, self.name, self.password)
            return await self._asks(who, method, uri, more=(*more, proof), body=body)
        return head, answer

    async def _once(self, who: Dialogue, method: str, message: bytes) -> tuple[str, str]:
        """Sends until it is answered; waits for the last answer."""
        key = who.call_id, who.sequence, method
        asked = self._asked[key] = _Asked()
        try:
            for pause in _AGAIN_S:
                self._send(message)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await asked.answered.wait()
                        break
            head, body = await asked.final
        finally:
            del self._asked[key]
        if method == "INVITE":
            self._acknowledges(who, message, head)
        return head, body

    def _acknowledges(self, who: Dialogue, message: bytes, head: str) -> None:
        """The last answer to an INVITE (RFC 3261, 13.2.2.4 and 17.1.1.3)."""
        before, who.theirs = who.theirs, header_of(head, "To")
        ack = self._request(who, "ACK", who.target or message.decode().split(" ", 2)[1])
        if _status(head) >= 300:
            who.theirs = before
            branch = re.search(rb"branch=[^;]+", message)
            assert branch
            ack = re.sub(rb"branch=[^;]+", branch[0], ack, count=1)
        self._send(ack)

    def _send(self, message: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.sendto(message, self._network)
            self._wrote(">", message)

    def _wrote(self, way: str, message: bytes) -> None:
        """What was said to the network, for whoever looks why a test failed."""
        with (self.folder / "sip.txt").open("ab") as file:
            file.write(f"{way} {time.time():.3f}\n".encode() + message + b"\n")

    # --- what the network says ---

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._wrote("<", data)
        try:
            head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
            if head.startswith("SIP/2.0 "):
                self._answered(head, body)
            else:
                self._was_asked(head, body)
        except Exception as error:  # of a callback: whoever waits for this phone is told
            self._failed = error

    def _answered(self, head: str, body: str) -> None:
        sequence, _, method = header_of(head, "CSeq").partition(" ")
        call_id = header_of(head, "Call-ID")
        asked = self._asked.get((call_id, int(sequence), method.strip()))
        status = _status(head)
        call = self._call_of(call_id)
        if method.strip() == "INVITE" and call is not None and status in range(180, 300):
            found = re.search(r"<(sip:[^>]+)>", header_of(head, "Contact"))
            call.sip.target = found[1] if found else call.sip.target
            if body:
                call.opens(body)
        if asked is None:
            return
        asked.answered.set()
        if status >= 200 and not asked.final.done():
            asked.final.set_result((head, body))

    def _call_of(self, call_id: str) -> PacketCall | None:
        return next((call for call in self.calls if call.sip.call_id == call_id), None)

    def _was_asked(self, head: str, body: str) -> None:
        method = head.partition(" ")[0]
        call = self._call_of(header_of(head, "Call-ID"))
        if method == "INVITE":
            self._invited(head, body, call)
        elif method == "ACK":
            if call is not None and not call.over:
                call.became("CONFIRMED")
        else:
            self._send(answer_to(head, "200 OK"))
            if call is not None and method in ("BYE", "CANCEL"):
                if method == "CANCEL" and call.invite and not call.over:
                    self._replies(call, "487 Request Terminated")
                call.became("DISCONNECTED")

    def _invited(self, head: str, body: str, call: PacketCall | None) -> None:
        if call is not None and ";tag=" not in header_of(head, "To"):
            self._send(call.answer)  # again: the answer was late
        elif call is not None:
            call.opens(body)
            contact = f"Contact: {self._contact}"
            self._send(answer_to(head, "200 OK", contact, self._told(call)))
        elif "--one-call" in self.options and any(not one.over for one in self.calls):
            self._send(answer_to(head, "486 Busy Here", tag=_token()))
        else:
            tag = _token()
            found = re.search(r"<(sip:[^>]+)>", header_of(head, "Contact"))
            sip = Dialogue(
                header_of(head, "Call-ID"),
                f"{header_of(head, 'To')};tag={tag}",
                header_of(head, "From"),
                found[1] if found else f"sip:{self.registrar}",
            )
            call = PacketCall(len(self.calls) + 1, sip, self._media())
            call.invite = f"{head}\r\n\r\n{body}"
            self.calls.append(call)
            self.rung += 1
            self._replies(call, "180 Ringing")
            call.became("EARLY")

    def _replies(self, call: PacketCall, status: str, body: str = "") -> None:
        """To the INVITE that it rings by."""
        head = call.invite.partition("\r\n\r\n")[0]
        tag = call.sip.ours.rpartition("tag=")[2]
        call.answer = answer_to(head, status, f"Contact: {self._contact}", body, tag)
        self._send(call.answer)

    def _told(self, call: PacketCall) -> str:
        assert call.line is not None
        return self._offers(call, call.line.event_type)

    def _offers(self, call: PacketCall, event_type: int | None) -> str:
        """Its audio, and keys as events where they make no sound."""
        event = None if "--keys-sound" in self.options else event_type
        return offer(call.media, event, self.host)

    def _media(self) -> Media:
        """For one more call."""
        return open_media(self.host)

    # --- what somebody does with it ---

    @property
    def call(self) -> PacketCall:
        assert self.calls, f"{self.name} never rang"
        return self.calls[-1]

    @property
    def line(self) -> Line:
        """The newest conversation's."""
        return self.call.sounds

    async def _until(self, fact: Callable[[], bool], within: float) -> None:
        def true() -> bool:
            if self._failed is not None:
                raise self._failed
            return fact()

        await self.station.until(true, within)

    async def answers(self) -> None:
        call = self.call
        call.opens(call.invite.partition("\r\n\r\n")[2])
        self._replies(call, "200 OK", self._told(call))
        await self._until(lambda: call.talks or call.over, 30)

    async def calls_in(self, number: str, display: str = '"phone"') -> None:
        uri = f"sip:{number}@{self.registrar}"
        me = f"{display} <sip:{self.name}@{self.registrar}>;tag={_token()}"
        sip = Dialogue(_token(), me, f"<{uri}>")
        call = PacketCall(len(self.calls) + 1, sip, self._media())
        self.calls.append(call)
        self._keeps(self._calls(call, uri))
        await self._until(lambda: call.hears or call.over, 30)

    async def _calls(self, call: PacketCall, uri: str) -> None:
        head, _ = await self._asks(call.sip, "INVITE", uri, body=self._offers(call, 101))
        call.became("CONFIRMED" if _status(head) < 300 else "DISCONNECTED")

    def _keeps(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=self.name)
        self._tasks.add(task)
        task.add_done_callback(self._was_done)

    def _was_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failed = task.exception()

    def hangs_up(self) -> None:
        if self.calls and not self.call.over:  # else the other side was quicker
            self._ends(self.call)

    def _ends(self, call: PacketCall) -> None:
        if call.talks:
            self._keeps(self._says_bye(call))
        elif call.invite:
            self._replies(call, "603 Decline")
            call.became("DISCONNECTED")
        else:
            call.became("DISCONNECTED")

    async def _says_bye(self, call: PacketCall) -> None:
        await self._asks(call.sip, "BYE", call.sip.target)
        call.became("DISCONNECTED")

    def declines(self) -> None:
        self._replies(self.call, "486 Busy Here")
        self.call.became("DISCONNECTED")

    async def types(self, keys: str, *, sounding: bool = False) -> None:
        line = self.line
        line.sounding = sounding
        await line.types(keys)

    def plays(self, sound: Samples, name: str = "sound") -> None:
        self.line.plays(sound)

    def falls_silent(self) -> None:
        self.line.falls_silent()


def _token() -> str:
    return secrets.token_hex(8)


def _status(head: str) -> int:
    return int(head.split(" ", 2)[1])
