"""The receiver's life: bind, serve until cancelled, stop without losing an acknowledgement."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from callflow.clock import Clock, monotonic
from callflow.config import Settings
from callflow.receiver.intake import Intake, Store
from callflow.receiver.lines import Connection, Datagrams, Line
from callflow.receiver.pace import Pace
from callflow.signal import Signal
from callflow.signals.dc09 import KeyOf, Station
from callflow.signals.framing import Fault
from callflow.signals.repeats import Repeats

#: Connections at once, as far as the process may open files.
CONNECTIONS = 4096
#: Files that the rest of the process may need.
SPARE_FILES = 256
#: Seconds between two looks at time-outs, and for the last commits when stopping.
LOOK, STOPPING = 1.0, 8.0

#: What each line counts, in the order it is shown.
COUNTED = (
    "received",
    *Fault,
    "not_stored",  # the store refused: not acknowledged
    "dropped",  # a datagram too many
    "cut",  # a connection ended by us
    "failed",  # our own bug
)

_log = structlog.get_logger()


class Receiver:
    """DC-09 on TCP and UDP, at ``settings.bind`` and ``settings.ports.dc09``.

    ``store`` returns when the signals are durable and raises when they aren't; ``heard`` is told
    of every account that gave a sign of life; ``key_of`` gives an account's AES key; ``recent``
    are (deduplication key, time) of the last minutes, so that a restart forgets no repeat.
    ``pace`` slows acknowledgements down, but for the signals that ``vital`` names.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        heard: Callable[[str, datetime], None],
        key_of: KeyOf,
        clock: Clock,
        recent: Iterable[tuple[str, datetime]] = (),
        pace: Pace | None = None,
        vital: Callable[[Signal], bool] = lambda signal: False,
    ) -> None:
        self._settings = settings
        self._intake = Intake(store, pace, vital)
        self._connections: set[Connection] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None
        self._udp: asyncio.DatagramTransport | None = None
        self._doors: Datagrams | None = None
        self._limit = CONNECTIONS
        repeats = Repeats()
        for key, at in recent:
            repeats.remember(key.rpartition("|")[0], at)

        def line(name: str) -> Line:
            station = Station(
                key_of=key_of,
                before=timedelta(seconds=settings.window_before),
                after=timedelta(seconds=settings.window_after),
                line=name,
                repeats=repeats,
            )
            return Line(station, clock, heard, self._intake)

        self._tcp_line, self._udp_line = line("dc09-tcp"), line("dc09-udp")

    @property
    def lines(self) -> list[dict[str, str | int]]:
        """The health of each line: its name and counters since the start."""
        return [
            {"line": line.name, **{name: line.counts[name] for name in COUNTED}}
            for line in (self._tcp_line, self._udp_line)
        ]

    @property
    def connections(self) -> int:
        """TCP connections that are open."""
        return len(self._connections)

    async def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until cancelled; ``ready`` is called when both ports are bound."""
        try:
            await self.start()
            ready()
            await asyncio.get_running_loop().create_future()
        finally:
            await self.stop()

    async def start(self) -> None:
        """Bind both ports. Raises OSError where one is taken."""
        loop = asyncio.get_running_loop()
        self._limit = _connection_limit()
        host, port = self._settings.bind, self._settings.ports.dc09
        self._server = await loop.create_server(
            self._connection, host, port, backlog=1024, reuse_address=True
        )
        family = self._server.sockets[0].family
        self._udp, self._doors = await loop.create_datagram_endpoint(
            lambda: Datagrams(self._udp_line), (host, port), family=family
        )
        _large_buffer(self._udp.get_extra_info("socket"))
        self._tasks = [loop.create_task(self._intake.run()), loop.create_task(self._watch())]
        _log.info("receiver.ready", host=host, port=port)

    async def stop(self) -> None:
        """Take nothing more, store and acknowledge what was taken, then close."""
        if self._server is not None:
            self._server.close()
        if self._doors is not None:
            self._doors.stopped = True
        for connection in self._connections:
            connection.stop_reading()
        if self._tasks:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._intake.drained(), STOPPING)
        for connection in list(self._connections):
            connection.close()
        if self._udp is not None:
            self._udp.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def _connection(self) -> Connection:
        if len(self._connections) >= self._limit:
            self._make_room()
        return Connection(self._tcp_line, self._connections)

    def _make_room(self) -> None:
        """Cut the least useful connection of whoever holds the most."""
        held = Counter(connection.peer for connection in self._connections)
        peer = held.most_common(1)[0][0]
        idle = [c for c in self._connections if c.peer == peer and c.idle]
        if idle:
            min(idle, key=lambda c: (c.spoke, c.last_good)).cut("too many connections")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            at = monotonic()
            for connection in list(self._connections):
                connection.look_at_time(at)


def _connection_limit() -> int:
    """As many connections as the process may open, its soft limit raised as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + SPARE_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(16, min(CONNECTIONS, soft - SPARE_FILES))


def _large_buffer(udp: socket.socket) -> None:
    """Room for a burst of datagrams while the loop is busy."""
    with contextlib.suppress(OSError):
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
