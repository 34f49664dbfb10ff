"""SIP by hand over each transport that the station listens on: UDP, TLS, WebSocket with and without
TLS. What is sent is bytes; what comes is a whole message."""

from __future__ import annotations

import base64
import itertools
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tests.support.sip.raw_sip import HOST, credentials, first_line

_COUNT = itertools.count(1)
_VIA = {"udp": "UDP", "tls": "TLS", "ws": "WS", "wss": "WS"}


class Shut(Exception):
    """The far end let go, or did not let us in; its words."""


def shake_hands(link: socket.socket, headers: Mapping[str, str], path: str = "/ws") -> bytes:
    """A WebSocket's first words (RFC 6455 §4.1), and the whole head of the answer."""
    key = base64.b64encode(os.urandom(16)).decode()
    told = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "sip",
        **headers,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    link.sendall("\r\n".join(lines).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        byte = link.recv(1)
        if not byte:
            raise Shut(answer.decode(errors="replace"))
        answer += byte
    return answer


class Wire:
    """A context: one connection, or one socket of UDP, to ``port`` of loopback.

    A WebSocket is a page's at ``web_port``, unless ``headers`` say otherwise. Entering raises Shut
    where it is refused.
    """

    def __init__(
        self, kind: str, port: int, web_port: int = 0, headers: Mapping[str, str] | None = None
    ) -> None:
        self.kind, self.far = kind, (HOST, port)
        origin = f"http://{HOST}:{web_port}"
        self._headers = {"Host": f"{HOST}:{port}", "Origin": origin, **(headers or {})}
        self._link: socket.socket | None = None

    def __enter__(self) -> Self:
        if self.kind == "udp":
            self._link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._link.bind((HOST, 0))
            self._link.connect(self.far)
        else:
            self._link = socket.create_connection(self.far, timeout=5)
        self._link.settimeout(5)
        if self.kind in ("tls", "wss"):
            anybody = ssl.create_default_context()
            anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
            self._link = anybody.wrap_socket(self._link)
        if self.kind in ("ws", "wss"):
            answer = shake_hands(self._link, self._headers)
            if not answer.startswith(b"HTTP/1.1 101"):
                self._link.close()
                raise Shut(answer.decode(errors="replace"))
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    @property
    def link(self) -> socket.socket:
        assert self._link is not None, "enter it first"
        return self._link

    @property
    def here(self) -> tuple[str, int]:
        host, port = self.link.getsockname()[:2]
        return str(host), int(port)

    def send(self, message: bytes) -> None:
        self.link.sendall(_frame(message) if self.kind in ("ws", "wss") else message)

    def receive(self, within: float = 5.0) -> bytes:
        """The next message. Raises TimeoutError; Shut where the far end let go."""
        self.link.settimeout(within)
        if self.kind == "udp":
            return self.link.recv(65_536)
        if self.kind == "tls":
            return self._from_stream()
        return self._from_frames()

    def _from_stream(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._exactly(1)
        length = next(
            (
                int(x.split(b":")[1])
                for x in head.split(b"\r\n")
                if x.lower().startswith(b"content-") and b"length" in x.lower()
            ),
            0,
        )
        return head + self._exactly(length)

    def _from_frames(self) -> bytes:
        whole = b""
        while True:
            first, length = self._exactly(2)
            size = length & 127
            if size >= 126:
                size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
            part = self._exactly(size)
            if first & 15 == 8:
                raise Shut("closed")
            if first & 15 > 8:
                continue
            whole += part
            if first & 128:
                return whole

    def _exactly(self, count: int) -> bytes:
        came = b""
        while len(came) < count:
            part = self.link.recv(count - len(came))
            if not part:
                raise Shut("the connection ended")
            came += part
        return came


def _frame(payload: bytes) -> bytes:
    """One text frame, masked as a client's must be (RFC 6455 §5.2)."""
    mask, size = os.urandom(4), len(payload)
    length = bytes([128 | size]) if size < 126 else bytes([128 | 126]) + size.to_bytes(2, "big")
    return b"\x81" + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as its lines say; ``contacts`` are whole header values."""

    method: str = "REGISTER"
    uri: str = f"sip:{HOST}"
    sender: str
    to: str = ""
    contacts: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    body: str = ""


def ask(wire: Wire, request: Request, user: str = "", password: str = "") -> bytes:
    """Its final answer; a challenge is answered where a ``password`` is given."""
    serial = next(_COUNT)
    call_id = f"wire-{serial}-{wire.here[1]}"
    answer = _once(wire, request, call_id, 1, ())
    if password and first_line(answer).startswith("SIP/2.0 401"):
        proof = credentials(answer, request.method, request.uri, user, password)
        answer = _once(wire, request, call_id, 2, (proof,))
    return answer


def _once(wire: Wire, request: Request, call_id: str, cseq: int, more: tuple[str, ...]) -> bytes:
    host, port = wire.here
    kind = ("Content-Type: application/sdp",) if request.body else ()
    lines = [
        f"{request.method} {request.uri} SIP/2.0",
        f"Via: SIP/2.0/{_VIA[wire.kind]} {host}:{port};branch=z9hG4bK-{call_id}-{cseq};rport",
        "Max-Forwards: 70",
        f"From: {request.sender};tag=wire",
        f"To: {request.to or request.sender}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {request.method}",
        *(f"Contact: {contact}" for contact in request.contacts),
        *request.more,
        *more,
        *kind,
        f"Content-Length: {len(request.body.encode())}",
        "",
        request.body,
    ]
    wire.send("\r\n".join(lines).encode())
    while True:
        answer = wire.receive()
        mine = f"CSeq: {cseq} {request.method}".encode() in answer and call_id.encode() in answer
        if answer.startswith(b"SIP/2.0 ") and mine and not answer.startswith(b"SIP/2.0 1"):
            return answer


def status(answer: bytes) -> int:
    return int(first_line(answer).split(" ")[1])
