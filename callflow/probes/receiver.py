"""A hardware receiver in front of the station: it calls, or waits to be called, and sends again."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Protocol, Self

from callflow.core.signals import dc07, surgard
from callflow.core.signals.framing import Fault, Splitter
from callflow.core.signals.panel import read_reply
from callflow.probes.asking.addresses import connected

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

#: Seconds that a receiver waits for an answer, and how often it sends (SG-MLR2 manuals).
ANSWER_WITHIN, ATTEMPTS = 4.0, 4


class NotAcknowledgedError(Exception):
    """The station did not acknowledge, whatever was tried. The signal may or may not be stored."""


class ReceiverClient:
    """One receiver; it waits for each answer before it sends anything else.

    With ``listen`` it waits at ``port`` until the station calls, else it calls ``host:port``, by
    ``source`` of this machine (an address or an interface). Seconds. Use it as an async context
    manager.
    """

    def __init__(
        self,
        protocol: Literal["surgard", "dc07"],
        host: str,
        port: int,
        *,
        listen: bool = False,
        receiver: str = "01",
        answer_within: float = ANSWER_WITHIN,
        attempts: int = ATTEMPTS,
        source: str = "",
    ) -> None:
        self._dialect: _Dialect = (_SurGard if protocol == "surgard" else _Dc07)(receiver)
        self._address, self._source = (host, port), source
        self._listen = listen
        self._within, self._attempts = answer_within, attempts
        self._server: asyncio.Server | None = None
        self._called: asyncio.Queue[Streams] = asyncio.Queue()
        self._streams: Streams | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        if self._listen:
            self._server = await asyncio.start_server(self._take_call, *self._address)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._hang_up()
        if self._server is not None:
            self._server.close()
            while not self._called.empty():
                self._called.get_nowait()[1].close()

    async def send(
        self, account: str, code: str, zone: str = "", text: str = "", partition: str = ""
    ) -> str:
        """Send one event; the answer that acknowledged it.

        Raises ValueError for a code that the protocol hasn't, NotAcknowledgedError.
        """
        return await self._deliver(self._dialect.message(account, code, zone, partition, text))

    async def beat(self) -> str:
        """Send one heartbeat; the answer."""
        return await self._deliver(self._dialect.heartbeat())

    async def keep_beating(self, every: float, told: Callable[[str], None]) -> None:
        """A heartbeat every so many seconds, for ever; ``told`` is given each answer, or none."""
        while True:
            await asyncio.sleep(every)
            try:
                told(f"heartbeat {await self.beat()}")
            except NotAcknowledgedError as error:
                told(f"heartbeat: {error}")

    async def _deliver(self, message: bytes) -> str:
        async with self._turn:
            for _ in range(self._attempts):
                if await self._attempt(message) == "ACK":
                    return "ACK"
        raise NotAcknowledgedError(f"no acknowledgement after {self._attempts} attempts")

    async def _attempt(self, message: bytes) -> str | None:
        try:
            async with asyncio.timeout(self._within):
                reader, writer = await self._line()
                self._dialect.forget()
                writer.write(message)
                await writer.drain()
                while (answer := self._dialect.answer(await reader.read(4096))) is None:
                    if reader.at_eof():
                        raise ConnectionResetError("the station hung up")
                return answer
        except TimeoutError:
            return None
        except OSError:  # it starts again, or hung up
            await self._hang_up()
            await asyncio.sleep(min(0.2, self._within))
            return None

    async def _line(self) -> Streams:
        if self._streams is None:
            if self._listen:
                self._streams = await self._called.get()
            else:
                self._streams = await connected(*self._address, self._source)
        return self._streams

    async def _take_call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._called.put_nowait((reader, writer))

    async def _hang_up(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            with contextlib.suppress(OSError):
                await self._streams[1].wait_closed()
            self._streams = None


class _Dialect(Protocol):
    """What a protocol's messages and answers look like; one message waits for its answer."""

    def __init__(self, receiver: str) -> None: ...

    def message(self, account: str, code: str, zone: str, partition: str, text: str) -> bytes: ...

    def heartbeat(self) -> bytes: ...

    def forget(self) -> None:
        """What came until now answers nothing that is still waited for."""

    def answer(self, data: bytes) -> str | None:
        """The answer that ``data`` completes."""


class _SurGard:
    def __init__(self, receiver: str) -> None:
        self._receiver = receiver

    def message(self, account: str, code: str, zone: str, partition: str, text: str) -> bytes:
        return surgard.encode(account, code, zone, partition, text, receiver=self._receiver)

    def heartbeat(self) -> bytes:
        return surgard.heartbeat(self._receiver)

    def forget(self) -> None:
        """Answers are single bytes: nothing is kept."""

    def answer(self, data: bytes) -> str | None:
        return {surgard.ACK: "ACK", surgard.NAK: "NAK"}.get(data[-1:])


class _Dc07:
    def __init__(self, receiver: str) -> None:
        self._receiver = receiver.lstrip("0") or "0"
        # A number of its own each time: the same one again would be taken for a repeat.
        self._sequence = secrets.randbelow(9999)
        self._splitter = Splitter()

    def message(self, account: str, code: str, zone: str, partition: str, text: str) -> bytes:
        return dc07.encode(
            account,
            code,
            zone,
            partition,
            text,
            sequence=self._next(),
            receiver=self._receiver,
        )

    def heartbeat(self) -> bytes:
        return dc07.heartbeat(self._next(), self._receiver)

    def forget(self) -> None:
        self._splitter = Splitter()

    def answer(self, data: bytes) -> str | None:
        self._splitter.push(data)
        for item in self._splitter.take():
            reply = None if isinstance(item, Fault) else read_reply(item)
            if reply is not None and reply.sequence == f"{self._sequence:04d}":
                return reply.kind
        return None

    def _next(self) -> int:
        self._sequence = self._sequence % 9999 + 1
        return self._sequence
