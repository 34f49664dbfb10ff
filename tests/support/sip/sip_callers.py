"""Who calls the station over its trunk, with any number they like: many callers in one process.

``Callers`` is ``Players`` that call, too (RFC 3261, 17.1.1: an INVITE is sent again until it is
answered); what they hear is kept packet by packet.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.sip.sip_players import Ear, Player, Players, header_of, offer, talks

_AGAIN_S = (0.5, 1.0, 2.0, 4.0)  # seconds between two INVITEs of a call
_ANSWER_S = 60.0
_BEGIN = 4800  # bytes of a prompt: 0.6 s


class Refused(Exception):
    """The station did not take the call; the status it answered."""


@dataclass
class _Calling:
    """A call that was begun: its INVITE, and what was answered."""

    invite: str
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    final: asyncio.Future[tuple[str, str]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Callers(Players):
    """An async context: ``Players`` at ``port``, who also call the station at ``station_port``."""

    def __init__(self, port: int, media_port: int, station_port: int) -> None:
        super().__init__(port, media_port)
        self._station = ("127.0.0.1", station_port)
        self._calling: dict[str, _Calling] = {}
        self._dialogues: dict[Player, str] = {}  # the headers of a BYE

    async def call(self, to: str, caller: str) -> Player:
        """Call ``to``, showing ``caller`` (E.164). Raises Refused, or TimeoutError."""
        call_id, media = f"{secrets.token_hex(8)}@callers", self._open()
        sender = f"<sip:{caller}@127.0.0.1:{self._port}>;tag={secrets.token_hex(4)}"
        invite = self._request("INVITE", f"sip:{to}", sender, f"<sip:{to}@127.0.0.1>", call_id)
        calling = self._calling[call_id] = _Calling(invite)
        await self._send_until_answered(calling, offer(media))
        try:
            async with asyncio.timeout(_ANSWER_S):
                head, body = await calling.final
        except TimeoutError:
            media.close()
            raise
        finally:
            del self._calling[call_id]
        status = int(head.split(" ")[1])
        there = header_of(head, "To")
        contact = re.search(r"<(sip:[^>]+)>", header_of(head, "Contact"))
        uri = contact[1] if contact else f"sip:{to}@127.0.0.1"
        self._send(self._request("ACK", uri, sender, there, call_id).encode(), self._station)
        if status != 200:
            media.close()
            raise Refused(str(status))
        player = talks(caller, media, body)
        self._dialogues[player] = self._request("BYE", uri, sender, there, call_id, cseq=2)
        self._by_call[call_id] = player, b""
        self.calls[call_id] = player
        return player

    def hang_up(self, player: Player) -> None:
        """The caller ends it; nothing where it is over."""
        if not player.over.is_set():
            self._send(self._dialogues[player].encode(), self._station)
            player.end()

    async def _send_until_answered(self, calling: _Calling, body: str) -> None:
        message = calling.invite.replace(
            "Content-Length: 0", f"Content-Type: application/sdp\r\nContent-Length: {len(body)}"
        )
        for pause in _AGAIN_S:
            self._send((message + body).encode(), self._station)
            try:
                async with asyncio.timeout(pause):
                    await calling.answered.wait()
            except TimeoutError:
                continue
            return

    def _request(
        self, method: str, uri: str, sender: str, to: str, call_id: str, cseq: int = 1
    ) -> str:
        if "@" not in uri:
            uri = f"{uri}@127.0.0.1:{self._station[1]}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};branch=z9hG4bK{secrets.token_hex(8)};rport",
            "Max-Forwards: 70",
            f"From: {sender}",
            f"To: {to}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:callers@127.0.0.1:{self._port}>",
            "Content-Length: 0",
        ]
        return "\r\n".join([*lines, "", ""])

    def received(self, data: bytes, source: tuple[str, int]) -> None:
        """An answer to a call of ours, else a request."""
        if not data.startswith(b"SIP/2.0 "):
            super().received(data, source)
            return
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        calling = self._calling.get(header_of(head, "Call-ID"))
        if calling is None or not header_of(head, "CSeq").endswith("INVITE"):
            return
        calling.answered.set()
        if not head.startswith("SIP/2.0 1") and not calling.final.done():
            calling.final.set_result((head, body))


class Heard:
    """What somebody on the line heard of the product's prompts, by their begin."""

    def __init__(self, player: Player, words: Callable[[str], bytes]) -> None:
        self._player, self._words, self._ear = player, words, Ear(player)

    async def one_of(self, *keys: str, within: float = 60.0) -> str:
        """Waits for the begin of one of these prompts; which one. "" where the call ended, or none
        came."""
        wanted = [self._words(key)[:_BEGIN] for key in keys]
        until = asyncio.get_running_loop().time() + within
        while True:
            over = self._player.over.is_set()
            found = self._ear.first(*wanted)
            if found is not None:
                return keys[found[0]]
            if over or asyncio.get_running_loop().time() > until:
                return ""
            await asyncio.sleep(0.1)
