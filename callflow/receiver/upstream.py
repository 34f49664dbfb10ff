"""The way to the other system: a connection for each of a panel's, one frame at a time.

Answers are paired with frames by their order alone where they name none (Sur-Gard's single byte),
so that whatever was not answered in time costs the connection: a late answer must never be taken
for the next frame's.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Protocol, cast

from callflow.core.signals.answers import Answers
from callflow.core.signals.tap import Piece

#: Bytes that the other system may send without a whole answer among them.
NONSENSE = 64 * 1024
_READ = 4096

Unasked = Callable[[Piece], None]


class Upstream(Protocol):
    """Where one sender's frames go. It raises nothing: what can't be passed on has no answer."""

    async def ask(self, raw: bytes, name: str, within: float) -> Piece | None:
        """Pass a frame on; the other system's answer, None where none came in so many seconds."""

    async def tell(self, raw: bytes, within: float) -> None:
        """Pass on what perhaps nobody answers."""

    def close(self) -> None: ...


class _Asking:
    """The frame that waits for its answer, and what else the other system says.

    ``unasked`` is given its answers to frames that we find broken: it may see more in them.
    """

    def __init__(self, answers: Answers, unasked: Unasked) -> None:
        self._answers, self._unasked = answers, unasked
        self._waiting: tuple[str, asyncio.Future[Piece | None]] | None = None
        self._told = 0  # frames passed on of which nobody knows whether they are answered

    async def _answered(self, name: str, within: float) -> Piece | None:
        answer: asyncio.Future[Piece | None] = asyncio.get_running_loop().create_future()
        self._waiting = name, answer
        try:
            async with asyncio.timeout(within):
                return await answer
        except TimeoutError:
            return None
        finally:
            self._waiting = None

    def _said(self, piece: Piece) -> None:
        if not isinstance(piece.item, bytes):
            return
        if self._waiting is not None and self._answers.name(piece.item) == self._waiting[0]:
            self._settle(piece)
        elif self._told:
            self._told -= 1
            self._unasked(piece)

    def _settle(self, piece: Piece | None) -> None:
        if self._waiting is not None and not self._waiting[1].done():
            self._waiting[1].set_result(piece)

    def _over(self) -> None:
        """Nothing more comes of what was passed on until now."""
        self._told = 0
        self._settle(None)


class Stream(_Asking):
    """Over TCP: connected with the first frame, and again after each end."""

    def __init__(self, address: tuple[str, int], answers: Answers, unasked: Unasked) -> None:
        super().__init__(answers, unasked)
        self._address = address
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def ask(self, raw: bytes, name: str, within: float) -> Piece | None:
        """See ``Upstream``."""
        loop = asyncio.get_running_loop()
        until, used = loop.time() + within, self._writer is not None
        answer = None
        if await self._send(raw, within):
            answer = await self._answered(name, until - loop.time())
        if answer is None:
            self._hang_up()
            # Some close between two frames, and this one may have met that: as the panel would.
            if used and (left := until - loop.time()) > 0:
                return await self.ask(raw, name, left)
        return answer

    async def tell(self, raw: bytes, within: float) -> None:
        """See ``Upstream``."""
        if await self._send(raw, within):
            self._told += 1

    async def _send(self, raw: bytes, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                if self._writer is None:
                    self._writer = await self._connected()
                self._writer.write(raw)
                await self._writer.drain()
        except (OSError, TimeoutError):
            self._hang_up()
            return False
        return True

    async def _connected(self) -> asyncio.StreamWriter:
        reader, writer = await asyncio.open_connection(*self._address)
        own = writer.get_extra_info("socket")
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reading = asyncio.create_task(self._read(reader, writer))
        return writer

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        splitter, nonsense = self._answers.splitter(), 0
        with contextlib.suppress(OSError):
            while (data := await reader.read(_READ)) and nonsense < NONSENSE:
                splitter.push(data)
                pieces = splitter.take()
                whole = any(isinstance(piece.item, bytes) for piece in pieces)
                nonsense = 0 if whole else nonsense + len(data)
                for piece in pieces:
                    self._said(piece)
        if writer is self._writer:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        if self._reading is not None and self._reading is not asyncio.current_task():
            self._reading.cancel()
        self._writer = self._reading = None
        self._over()

    def close(self) -> None:
        """Nothing more is passed on."""
        self._hang_up()


class Datagram(_Asking, asyncio.DatagramProtocol):
    """Over UDP: a socket for each frame, since a late answer must find nobody."""

    def __init__(self, address: tuple[str, int], answers: Answers, unasked: Unasked) -> None:
        super().__init__(answers, unasked)
        self._address = address
        self._transport: asyncio.DatagramTransport | None = None

    async def ask(self, raw: bytes, name: str, within: float) -> Piece | None:
        """See ``Upstream``."""
        if not await self._send(raw):
            return None
        try:
            return await self._answered(name, within)
        finally:
            self.close()

    async def tell(self, raw: bytes, within: float) -> None:
        """See ``Upstream``."""
        if await self._send(raw):
            self._told += 1

    async def _send(self, raw: bytes) -> bool:
        try:
            if self._transport is None:
                self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: self, remote_addr=self._address
                )
            self._transport.sendto(raw)
        except OSError:
            self.close()
            return False
        return True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Not isinstance: CPython 3.11's class doesn't say that it is one."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """An answer."""
        splitter = self._answers.splitter()
        splitter.push(data)
        for piece in splitter.take():
            self._said(piece)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there."""
        self._settle(None)

    def close(self) -> None:
        """Nothing more is passed on."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        self._over()
