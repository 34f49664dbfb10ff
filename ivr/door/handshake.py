"""A WebSocket may be opened by its first words; Asterisk's answers say that whoever opened it is
one of ours. Pure. RFC 6455, RFC 7118."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from callflow.core.station.addresses import (
    LOOPBACK,
    Header,
    Network,
    client,
    is_loopback,
    is_of,
)

#: Bytes of the first words.
LONGEST = 8192
_STANDARD = {"http": 80, "https": 443}
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY = re.compile(r"[A-Za-z0-9+/]{22}==")


class Refusal(Exception):
    """It may not; ``status`` is HTTP's, ``why`` one word."""

    def __init__(self, status: str, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why

    def answer(self) -> bytes:
        return f"HTTP/1.1 {self.status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Pages:
    """Where the station's pages are: at ``port`` of the host that a telephone connects to, or at
    one of ``public`` (URLs)."""

    port: int
    public: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitors:
    """Who may come: those of ``allowed`` (nobody named: anybody) and this machine itself. For whom
    one of ``proxies`` comes stands in ``header``."""

    allowed: tuple[Network, ...] = ()
    proxies: tuple[Network, ...] = ()
    header: Header = "x-forwarded-for"

    def may_connect(self, host: str) -> bool:
        """True where a connection is taken; of a proxy's it is asked again for whom."""
        return not self.allowed or is_of(host, (*self.allowed, *LOOPBACK, *self.proxies))

    def client(self, host: str, head: Mapping[str, str]) -> str:
        """Whose telephone it is. Raises Refusal where it may not be here."""
        found = client(host, [head.get(self.header, "")], self.proxies, self.header)
        own = is_of(host, LOOPBACK) and self.header not in head
        if self.allowed and not own and not is_of(found, self.allowed):
            raise Refusal("403 Forbidden", "address")
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """A request's path, and its headers by their names in small letters; none comes twice."""

    path: str
    told: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """What is answered, and what Asterisk is asked in turn once there is something to say."""

    answer: bytes
    asked: bytes


def opening(head: Head, pages: Pages, *, secure: bool, prefix: str) -> Opening:
    """What a WebSocket's first words lead to; ``prefix`` is what Asterisk's paths begin with.

    ``secure``: it came over TLS; what does not comes from loopback, and a page of another site may
    only pretend that its host is there (DNS rebinding). Raises Refusal.
    """
    path, told = head.path, head.told
    if path.partition("?")[0] != "/ws":
        raise Refusal("404 Not Found", "path")
    _check_origin(told, pages, secure=secure)
    key, protocols = told.get("sec-websocket-key", ""), told.get("sec-websocket-protocol", "")
    if told.get("upgrade", "").lower() != "websocket" or not _KEY.fullmatch(key):
        raise Refusal("426 Upgrade Required", "handshake")
    if "sip" not in [word.strip() for word in protocols.split(",")]:
        raise Refusal("400 Bad Request", "protocol")
    accepted = hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()
    both = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Protocol: sip")
    return Opening(
        answer=_lines(
            "HTTP/1.1 101 Switching Protocols",
            *both,
            f"Sec-WebSocket-Accept: {b64encode(accepted).decode()}",
        ),
        asked=_lines(
            f"GET /{prefix}/ws HTTP/1.1",
            "Host: 127.0.0.1",
            *both,
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ),
    )


def _lines(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()


def read(head: bytes) -> Head:
    """A WebSocket's first words. Raises Refusal."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    found = re.fullmatch(r"GET (/[!-~]*) HTTP/1\.1", first)
    if found is None:
        raise Refusal("400 Bad Request", "request")
    told: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name.lower() in told:
            raise Refusal("400 Bad Request", "header")
        told[name.lower()] = value.strip()
    return Head(path=found[1], told=told)


def _check_origin(told: Mapping[str, str], pages: Pages, *, secure: bool) -> None:
    """A browser always says which page it is; whoever says nothing is none."""
    origin, host = _split(told.get("origin", "")), _split("//" + told.get("host", ""))
    if origin is None or host is None or origin.scheme not in _STANDARD or not host.hostname:
        raise Refusal("403 Forbidden", "origin")
    if _site(origin) in [_site(public) for public in filter(None, map(_split, pages.public))]:
        return
    here = origin.hostname == host.hostname and _site(origin)[1:] == (host.hostname, pages.port)
    if not here or not (secure or is_loopback(host.hostname)):
        raise Refusal("403 Forbidden", "origin")


def _split(url: str) -> SplitResult | None:
    """None where it is no URL, such as ``http://[``."""
    try:
        found = urlsplit(url)
        _ = found.port
    except ValueError:
        return None
    return found


def _site(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _STANDARD.get(url.scheme)


class Proof:
    """Follows Asterisk's frames: it says *200 OK* to nobody who proved no password."""

    _SAID = b"SIP/2.0 2"

    def __init__(self) -> None:
        self._rest = b""
        self._skip = 0  # bytes of a frame that nobody looks at
        self.given = False

    def follow(self, chunk: bytes) -> None:
        """Any part of what comes; nothing more is kept than a frame's first bytes."""
        if self.given:
            return
        self._rest += chunk
        while self._step():
            pass

    def _step(self) -> bool:
        """One frame's beginning, or what is left of it; False: more must come."""
        if self._skip:
            gone = min(self._skip, len(self._rest))
            self._skip, self._rest = self._skip - gone, self._rest[gone:]
            return len(self._rest) > 0
        if len(self._rest) < 2:
            return False
        short = self._rest[1] & 127
        at = {126: 4, 127: 10}.get(short, 2)
        if len(self._rest) < at:
            return False
        size = short if at == 2 else int.from_bytes(self._rest[2:at], "big")
        looked_at = min(size, len(self._SAID))
        if len(self._rest) < at + looked_at:
            return False
        is_message = self._rest[0] in (0x81, 0x82)
        self.given = is_message and self._rest[at : at + len(self._SAID)] == self._SAID
        self._skip, self._rest = size, self._rest[at:]
        return not self.given and bool(self._skip or self._rest)
