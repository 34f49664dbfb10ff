"""What messages arrive at: a mail server and an HTTP server, which count what they are given."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

HOST = "127.0.0.1"


class FarEnd:
    """An async context: a server at a free port of loopback."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self._from_the_start = tls
        self._server: asyncio.Server | None = None
        self._came = asyncio.Condition()
        self._connections: set[asyncio.BaseTransport] = set()

    def _protocol(self) -> asyncio.BaseProtocol:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Listen; again at the same port where it did before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol, HOST, self.port, ssl=self._from_the_start
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections from now on, and end those that are open."""
        if self._server is not None:
            self._server.close()
            for connection in self._connections:
                connection.close()
            await self._server.wait_closed()
            self._server = None

    async def noted(self) -> None:
        """Something came."""
        async with self._came:
            self._came.notify_all()

    async def until(self, true: Callable[[], bool], *, within: float = 20) -> None:
        """Wait for what has come to be ``true``."""
        async with asyncio.timeout(within), self._came:
            await self._came.wait_for(true)


class MailServer(FarEnd):
    """Keeps the letters that it accepts. ``answer``: what DATA is answered with, from the n-th."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, login: str = "") -> None:
        super().__init__()
        self.letters: list[Mail] = []
        self.envelopes: list[Envelope] = []
        self.attempts = 0
        self.answer: Callable[[int], Awaitable[str]] = _taken
        self._tls, self._login = tls, login

    def _protocol(self) -> asyncio.BaseProtocol:
        return _Smtp(
            self,
            hostname="mail.example.org",
            tls_context=self._tls,
            require_starttls=self._tls is not None,
            auth_required=bool(self._login),
            authenticator=self._authenticate,
        )

    def connected(self, transport: asyncio.BaseTransport) -> None:
        self._connections.add(transport)

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        right = f"{data.login.decode()}:{data.password.decode()}" == self._login
        return AuthResult(success=right, handled=False)

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.attempts += 1
        await self.noted()
        answer = await self.answer(self.attempts)
        if answer.startswith("2"):
            content = cast(bytes, envelope.content)
            self.letters.append(message_from_bytes(content, policy=default))
            self.envelopes.append(envelope)
        await self.noted()
        return answer


class _Smtp(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.connected(transport)
        super().connection_made(transport)


async def _taken(attempt: int) -> str:
    return "250 OK"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Response:
    """What is answered; ``held``: only once that is set."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    held: asyncio.Event | None = None


class HttpServer(FarEnd):
    """Keeps the requests that come; ``answer`` says what each is told."""

    def __init__(
        self,
        answer: Callable[[Request], Response] = lambda _: Response(),
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(tls)
        self.requests: list[Request] = []
        self.answer = answer
        self._tasks: set[asyncio.Task[None]] = set()

    def url(self, path: str = "/") -> str:
        return f"http://{HOST}:{self.port}{path}"

    def _protocol(self) -> asyncio.BaseProtocol:
        reader = asyncio.StreamReader()
        return asyncio.StreamReaderProtocol(reader, self._serve)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer.transport)
        try:
            request = await _read(reader)
            response = self.answer(request)
            self.requests.append(request)
            await self.noted()
            if response.held is not None:
                await response.held.wait()
            headers = {"Content-Length": str(len(response.body)), **response.headers}
            lines = [f"HTTP/1.1 {response.status} X", *(f"{n}: {v}" for n, v in headers.items())]
            writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode())
            writer.write(response.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked is gone: killed, or tired of waiting
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in headers.items()}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method=method, path=path, headers=headers, body=body)
