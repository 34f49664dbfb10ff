"""SIP over a bare UDP socket: a carrier, a scanner or a forger, which sends what no library would.

What comes is kept as it came; a request is answered by what ``answers`` says of its method, else by
200. Messages are bytes, so that they may be wrong in any way.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections.abc import Callable
from typing import Self

from tests.support.sip.sip_relay import Side

HOST = "127.0.0.1"
_COUNT = itertools.count(1)

#: (status line's end, further header lines) of an answer; None: none is given.
Answer = tuple[str, str] | None


def header(message: bytes, name: str) -> str:
    """The first header of this name; "" where there is none."""
    found = re.search(rb"(?im)^" + name.encode() + rb"\s*:\s*(.*?)\r?$", message)
    return found[1].decode(errors="replace") if found else ""


def first_line(message: bytes) -> str:
    return message.split(b"\r\n", 1)[0].decode(errors="replace")


class RawSip:
    """An async context: one socket of loopback. ``station`` is where it sends."""

    def __init__(self, station_port: int, port: int = 0) -> None:
        self.station = (HOST, station_port)
        self.port = port
        self.requests: list[bytes] = []
        self.responses: list[bytes] = []
        self.answers: dict[str, Callable[[bytes], Answer]] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._came = asyncio.Condition()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: Side(self._got), local_addr=(HOST, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        self._transport.close()

    # --- what comes ---

    @property
    def invites(self) -> list[str]:
        """The request lines of the INVITEs that came, each transaction once."""
        seen: dict[str, str] = {}
        for request in self.requests:
            if request.startswith(b"INVITE "):
                seen.setdefault(header(request, "Via"), first_line(request))
        return list(seen.values())

    def statuses(self, call_id: str) -> list[int]:
        """What was answered to the requests of a Call-ID."""
        mine = (r for r in self.responses if header(r, "Call-ID") == call_id)
        return [int(first_line(r).split(" ")[1]) for r in mine]

    def _got(self, data: bytes, _: tuple[str, int]) -> None:
        if data.startswith(b"SIP/2.0 "):
            self.responses.append(data)
        else:
            self.requests.append(data)
            method = data.split(b" ", 1)[0].decode(errors="replace")
            if method != "ACK":
                told = self.answers.get(method)
                answer: Answer = told(data) if told else ("200 OK", "")
                if answer is not None:
                    self.answer(data, *answer)

    # --- what is sent ---

    def send(self, message: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(message, self.station)

    def answer(self, request: bytes, status: str, more: str = "", body: str = "") -> None:
        """Answer a request of the station's; ``more`` are header lines."""
        to = header(request, "To")
        vias = re.findall(rb"(?im)^via\s*:\s*(.*?)\r?$", request)
        lines = [
            f"SIP/2.0 {status}",
            *(f"Via: {via.decode()}" for via in vias),
            f"From: {header(request, 'From')}",
            f"To: {to}" if ";tag=" in to else f"To: {to};tag=far-end",
            f"Call-ID: {header(request, 'Call-ID')}",
            f"CSeq: {header(request, 'CSeq')}",
            *filter(None, more.split("\r\n")),
        ]
        self.send(_whole(lines, body))

    def request(
        self,
        method: str,
        uri: str,
        *,
        sender: str = "<sip:100@203.0.113.9>",
        tag: str = "raw",
        to: str = "",
        call_id: str = "",
        cseq: int = 1,
        more: str = "",
        body: str = "",
    ) -> str:
        """Send a well-formed request; ``more`` are header lines. Answers its Call-ID."""
        serial = next(_COUNT)
        call_id = call_id or f"{serial}-{self.port}@raw"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{self.port};branch=z9hG4bK-{self.port}-{serial};rport",
            "Max-Forwards: 70",
            f"From: {sender};tag={tag}",
            f"To: {to or f'<{uri}>'}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:raw@{HOST}:{self.port}>",
            *filter(None, more.split("\r\n")),
        ]
        self.send(_whole(lines, body))
        return call_id


def _whole(lines: list[str], body: str) -> bytes:
    kind = ["Content-Type: application/sdp"] if body else []
    head = [*lines, *kind, f"Content-Length: {len(body)}", "", ""]
    return ("\r\n".join(head) + body).encode()


def sdp(port: int) -> str:
    """An offer or answer of A-law at a port of loopback."""
    lines = ["v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0"]
    lines += [f"m=audio {port} RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000"]
    lines += ["a=rtpmap:101 telephone-event/8000", "a=sendrecv"]
    return "\r\n".join(lines) + "\r\n"


def credentials(challenge: bytes, method: str, uri: str, user: str, password: str) -> str:
    """The Authorization line that answers a 401's digest (RFC 2617 §3.2.2; MD5, qop=auth)."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', header(challenge, "WWW-Authenticate")))
    realm, nonce, cnonce = given["realm"], given["nonce"], "f00d"

    def digest(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    secret, what = digest(f"{user}:{realm}:{password}"), digest(f"{method}:{uri}")
    response = digest(f"{secret}:{nonce}:00000001:{cnonce}:auth:{what}")
    return (
        f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="{cnonce}"'
        + (f', opaque="{given["opaque"]}"' if "opaque" in given else "")
    )
