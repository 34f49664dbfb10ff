"""A panel that speaks DC-09 to a receiver, over TCP or UDP, and sends again until answered."""

import asyncio
import contextlib
import secrets
from datetime import timedelta
from types import TracebackType
from typing import Literal, Self

from callflow.clock import Clock, now
from callflow.core.signals.framing import Fault, Splitter
from callflow.core.signals.panel import Reply, event_data, message, read_reply
from callflow.probes.asking.addresses import associated, connected


class NoAnswerError(Exception):
    """The receiver did not answer, whatever was tried. The signal may or may not be stored."""


class PanelClient:
    """One panel of one account. Not safe for several tasks: a panel waits for each answer.

    ``answer_within`` is in seconds; ``source`` an address, or an interface, of this machine by
    which it speaks. Use it as an async context manager, or ``close`` it.
    """

    def __init__(
        self,
        host: str,
        port: int,
        account: str,
        key: bytes | None = None,
        *,
        transport: Literal["tcp", "udp"] = "tcp",
        format: Literal["SIA-DCS", "ADM-CID"] = "SIA-DCS",
        attempts: int = 5,
        answer_within: float = 5.0,
        sequence: int | None = None,
        clock: Clock = now,
        source: str = "",
    ) -> None:
        self.account = account
        self.key = key
        self._format = format
        self._attempts = attempts
        self._within = answer_within
        # A number of its own each time: the same one again would be taken for a repeat.
        self._sequence = secrets.randbelow(9999) if sequence is None else sequence - 1
        self._clock = clock
        self._ahead = timedelta()  # what a NAK taught: the receiver's clock less ours
        self._wire: _Wire = (_TcpWire if transport == "tcp" else _UdpWire)(host, port, source)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()

    async def send(
        self,
        code: str,
        zone: str = "",
        text: str = "",
        *,
        partition: str = "",
        stamp: bool | None = None,
    ) -> Reply:
        """Send one event; the answer. With ``stamp`` unset, encrypted frames carry the time.

        Raises ValueError for a code that the format hasn't, NoAnswerError without an answer.
        """
        data, blocks = event_data(self._format, self.account, code, zone, partition, text)
        return await self._deliver(self._format, data, blocks, stamp)

    async def send_data(self, data: str, blocks: tuple[str, ...] = ()) -> Reply:
        """Send a data block as it is, such as ``#1001|Nri1/BA03/BA04``."""
        return await self._deliver(self._format, data, blocks, None)

    async def poll(self) -> Reply:
        """Say that the panel is there."""
        return await self._deliver("NULL", "", (), None)

    async def _deliver(
        self, name: str, data: str, blocks: tuple[str, ...], stamp: bool | None
    ) -> Reply:
        self._sequence = self._sequence % 9999 + 1
        stamped = self.key is not None if stamp is None else stamp
        sent_at = self._clock()
        reply: Reply | None = None
        for _ in range(self._attempts):
            frame = message(
                name,
                self.account,
                data,
                sequence=self._sequence,
                blocks=blocks,
                key=self.key,
                stamp=sent_at + self._ahead if stamped else None,
            )
            reply = await self._attempt(frame)
            if reply is not None and not self._set_clock(reply):
                return reply
        if reply is None:
            raise NoAnswerError(f"no answer after {self._attempts} attempts")
        return reply

    def _set_clock(self, reply: Reply) -> bool:
        """True where a NAK taught the receiver's time, so that another attempt makes sense."""
        if reply.kind != "NAK" or reply.stamp is None:
            return False
        ahead = reply.stamp - self._clock()
        if abs(ahead - self._ahead) < timedelta(seconds=2):
            return False
        self._ahead = ahead
        return True

    async def _attempt(self, frame: bytes) -> Reply | None:
        try:
            async with asyncio.timeout(self._within):
                await self._wire.send(frame)
                while True:
                    reply = read_reply(await self._wire.receive(), self.key)
                    if reply is not None and self._is_mine(reply):
                        return reply
        except TimeoutError:
            return None
        except OSError:
            # The receiver starts again, or hung up: wait a little, then another attempt.
            await self._wire.close()
            await asyncio.sleep(min(0.2, self._within))
            return None

    def _is_mine(self, reply: Reply) -> bool:
        return int(reply.sequence, 16) in (int(f"{self._sequence:04d}", 16), 0)


class _Wire:
    """A way to a receiver: whole bodies come back. Errors are OSErrors."""

    def __init__(self, host: str, port: int, source: str) -> None:
        self._way = host, port, source

    async def send(self, frame: bytes) -> None:
        raise NotImplementedError

    async def receive(self) -> bytes:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


class _TcpWire(_Wire):
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def __init__(self, host: str, port: int, source: str) -> None:
        super().__init__(host, port, source)
        self._splitter = Splitter()

    async def send(self, frame: bytes) -> None:
        if self._streams is None:
            self._splitter = Splitter()
            self._streams = await connected(*self._way)
        writer = self._streams[1]
        writer.write(frame)
        await writer.drain()

    async def receive(self) -> bytes:
        while self._streams is not None:
            for item in self._splitter.take(1):
                if not isinstance(item, Fault):
                    return item
            data = await self._streams[0].read(4096)
            if not data:
                break
            self._splitter.push(data)
        raise ConnectionResetError("the receiver hung up")

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            with contextlib.suppress(OSError):
                await self._streams[1].wait_closed()
            self._streams = None


class _UdpWire(_Wire):
    _transport: asyncio.DatagramTransport | None = None

    def __init__(self, host: str, port: int, source: str) -> None:
        super().__init__(host, port, source)
        self._datagrams: asyncio.Queue[bytes] = asyncio.Queue()

    async def send(self, frame: bytes) -> None:
        if self._transport is None:
            self._transport = await associated(lambda: _Inbox(self._datagrams), *self._way)
        self._transport.sendto(frame)

    async def receive(self) -> bytes:
        while True:
            splitter = Splitter()
            splitter.push(await self._datagrams.get())
            for item in splitter.finish():
                if not isinstance(item, Fault):
                    return item

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class _Inbox(asyncio.DatagramProtocol):
    def __init__(self, datagrams: asyncio.Queue[bytes]) -> None:
        self._datagrams = datagrams

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._datagrams.put_nowait(data)
