"""A door on loopback to one rtsp camera, for ffmpeg.

ffmpeg takes a camera's name and password on its command line, where every user of the machine reads
them, follows redirects and looks names up by itself. So it is given this door: it opens once, leads
to the address that was checked, proves who asks (RFC 7826 and RFC 7616), and lets no redirect by.
Media come interleaved over the same connection (RFC 2326, 10.12).
"""

import asyncio
import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx

from callflow.core.messages.outbox import Fault, Undelivered
from callflow.notify.reach import Target

Credentials = tuple[str, str]

_HOST, _PORT = "127.0.0.1", 554
#: Bytes of a message's head, and of its body.
_LONGEST_HEAD, _LONGEST_BODY = 16_384, 262_144
#: Seconds to reach the camera.
_PATIENCE = 8.0
_FORBIDDEN = "RTSP/1.0 403 Forbidden"
_UNAUTHORISED, _REDIRECTED = 401, range(300, 400)
_NONSENSE = Undelivered(Fault.REFUSED, "it speaks no RTSP")
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


@dataclass(slots=True)
class Said:
    """One message, or a piece of media (``head`` is empty)."""

    head: list[str]
    body: bytes

    def value(self, name: str) -> str:
        """A header's, of several the last; "" where there is none."""
        found = ""
        for line in self.head[1:]:
            key, _, value = line.partition(":")
            if key.strip().lower() == name:
                found = value.strip()
        return found

    def bytes(self) -> bytes:
        if not self.head:
            return self.body
        return "\r\n".join([*self.head, "", ""]).encode("utf-8", "surrogateescape") + self.body


async def next_said(reader: asyncio.StreamReader) -> Said | None:
    """What comes next; None at the end. Raises ValueError on nonsense."""
    try:
        first = await reader.readexactly(1)
        while first in b"\r\n":
            first = await reader.readexactly(1)
        if first == b"$":
            head = await reader.readexactly(3)
            size = int.from_bytes(head[1:], "big")
            return Said([], first + head + await reader.readexactly(size))
        raw = first + await reader.readuntil(b"\r\n\r\n")
        said = Said(raw.decode("utf-8", "surrogateescape").split("\r\n")[:-2], b"")
        size = int(said.value("content-length") or 0)
        if not 0 <= size <= _LONGEST_BODY:
            raise ValueError("too long")
        said.body = await reader.readexactly(size)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return None
    return said


def proof(challenges: list[str], credentials: Credentials, method: str, uri: str) -> str | None:
    """The header that answers one of ``challenges``; None: none is understood."""
    for challenge in challenges:
        kind, _, rest = challenge.partition(" ")
        given = {key.lower(): quoted or bare for key, quoted, bare in _PARAMETER.findall(rest)}
        if kind.lower() == "digest" and (made := _digest(given, credentials, method, uri)):
            return made
    if any(challenge.lower().startswith("basic") for challenge in challenges):
        return f"Basic {b64encode(':'.join(credentials).encode()).decode()}"
    return None


def _digest(given: dict[str, str], credentials: Credentials, method: str, uri: str) -> str | None:
    algorithm = given.get("algorithm", "MD5")
    if "nonce" not in given or algorithm.upper() not in ("MD5", "SHA-256"):
        return None

    def hashed(*texts: str) -> str:
        data = ":".join(texts).encode()
        if algorithm.upper() == "MD5":
            return hashlib.md5(data, usedforsecurity=False).hexdigest()
        return hashlib.sha256(data).hexdigest()

    user, password = credentials
    realm, nonce = given.get("realm", ""), given["nonce"]
    who, what = hashed(user, realm, password), hashed(method, uri)
    fields = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    tail = f", algorithm={algorithm}" if "algorithm" in given else ""
    if "auth" in [one.strip() for one in given.get("qop", "").split(",")]:
        ours = secrets.token_hex(8)
        fields["response"] = hashed(who, nonce, "00000001", ours, "auth", what)
        tail += f', qop=auth, nc=00000001, cnonce="{ours}"'
    else:
        fields["response"] = hashed(who, nonce, what)
    if "opaque" in given:
        fields["opaque"] = given["opaque"]
    said = ", ".join(f'{name}="{_quoted(value)}"' for name, value in fields.items())
    return f"Digest {said}{tail}"


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


@dataclass
class _Door:
    """One conversation of ffmpeg with one camera."""

    camera: httpx.URL
    target: Target
    credentials: Credentials | None
    token: str
    fault: Undelivered | None = None
    _challenges: list[str] = field(default_factory=list)
    _asked: dict[str, Said] = field(default_factory=dict)
    _tried: set[str] = field(default_factory=set)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: Said
    ) -> None:
        host, port = self.target.url.host, self.camera.port or _PORT
        try:
            async with asyncio.timeout(_PATIENCE):
                far_in, far_out = await asyncio.open_connection(host, port, limit=_LONGEST_HEAD)
        except TimeoutError:
            self.fault = Undelivered(Fault.TIMEOUT, self.camera.host)
            return
        except OSError as error:
            self.fault = Undelivered(Fault.UNREACHABLE, error.strerror or "")
            return
        try:
            await self._ask(first, far_out)
            ways = {
                asyncio.create_task(self._outward(reader, far_out)),
                asyncio.create_task(self._inward(far_in, far_out, writer)),
            }
            _, left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in left:
                way.cancel()
            ends = await asyncio.gather(*ways, return_exceptions=True)
            if any(isinstance(end, ValueError | IndexError) for end in ends):
                self.fault = _NONSENSE
        finally:
            far_out.close()

    async def _outward(self, reader: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
        while (said := await next_said(reader)) is not None:
            await self._ask(said, far)

    async def _ask(self, said: Said, far: asyncio.StreamWriter) -> None:
        if said.head:
            method, address, *version = said.head[0].split(" ")
            said.head[0] = " ".join([method, self._outside(address), *version])
            self._asked[said.value("cseq")] = said
            said = self._proved(said)
        far.write(said.bytes())
        await far.drain()

    def _outside(self, address: str) -> str:
        """The camera's own address for the door's."""
        _, found, path = address.partition(f"/{self.token}")
        return f"{self.camera.scheme}://{self.camera.netloc.decode()}{path}" if found else address

    def _proved(self, said: Said) -> Said:
        if self.credentials is None or not self._challenges:
            return said
        method, uri, *_ = said.head[0].split(" ")
        made = proof(self._challenges, self.credentials, method, uri)
        return said if made is None else Said([*said.head, f"Authorization: {made}"], said.body)

    async def _inward(
        self, far: asyncio.StreamReader, back: asyncio.StreamWriter, writer: asyncio.StreamWriter
    ) -> None:
        while (said := await next_said(far)) is not None:
            if said.head:
                if " RTSP/" in said.head[0]:
                    continue  # a request of the camera's: it has nothing to ask
                if not said.head[0].startswith("RTSP/"):
                    raise ValueError("no RTSP")
                status = int(said.head[0].split(" ")[1])
                if status == _UNAUTHORISED and await self._prove(said, back):
                    continue
                self._asked.pop(said.value("cseq"), None)
                self._tried.discard(said.value("cseq"))
                if status in _REDIRECTED:
                    self.fault = Undelivered(Fault.REFUSED, f"RTSP {status}")
                    said = Said([_FORBIDDEN, f"CSeq: {said.value('cseq')}"], b"")
                elif status >= 400:
                    fault = Fault.BUSY if status >= 500 else Fault.REFUSED
                    self.fault = Undelivered(fault, f"RTSP {status}")
            writer.write(said.bytes())
            await writer.drain()

    async def _prove(self, refusal: Said, back: asyncio.StreamWriter) -> bool:
        """Ask the same again with the proof; False: there is none, or it was not taken."""
        number = refusal.value("cseq")
        asked = self._asked.get(number)
        if self.credentials is None or asked is None or number in self._tried:
            return False
        self._tried.add(number)
        headers = (line.partition(":") for line in refusal.head[1:])
        self._challenges = [
            value.strip() for key, _, value in headers if key.lower() == "www-authenticate"
        ]
        proved = self._proved(asked)
        if proved is asked:
            return False
        back.write(proved.bytes())
        await back.drain()
        return True


@asynccontextmanager
async def door(camera: str, target: Target, credentials: Credentials | None) -> AsyncIterator[str]:
    """The address of a door to ``camera``, for one connection; its failures are said as the
    camera's. Raises Undelivered.
    """
    url = httpx.URL(camera)
    one = _Door(url, target, credentials, secrets.token_urlsafe(24))
    came = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await next_said(reader)
            if first is None or one.token not in first.head[0] or came.is_set():
                return  # a stranger on this machine
            came.set()
            server.close()
            await one.serve(reader, writer, first)
        except (ValueError, IndexError):
            return  # a stranger, or ffmpeg, speaks nonsense
        finally:
            writer.close()

    conversations: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        conversations.add(task)
        task.add_done_callback(conversations.discard)

    server = await asyncio.start_server(begin, _HOST, 0, limit=_LONGEST_HEAD)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"rtsp://{_HOST}:{port}/{one.token}{url.raw_path.decode('ascii')}"
    except Undelivered as failure:
        if one.fault is not None and failure.fault is not Fault.NO_DECODER:
            raise one.fault from None
        raise
    finally:
        server.close()
        for task in list(conversations):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*conversations, return_exceptions=True)
