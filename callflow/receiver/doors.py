"""The three ways bytes come in: a TCP server, a UDP port, and a receiver that we call."""

import asyncio
import contextlib
import random
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import structlog

from callflow import listening
from callflow.core.station.addresses import place
from callflow.receiver.connections import Connection, Datagrams
from callflow.receiver.lines import Line

#: Seconds before a receiver that could not be reached is called again: first, and at most.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: Seconds that a receiver has to take a call.
CONNECT_WITHIN = 10.0

Address = tuple[str, int]
State = Literal["listening", "connected", "reconnecting"]

_log = structlog.get_logger()


class Door(Protocol):
    """One of the ways in. ``start`` raises OSError where it can't listen."""

    line: Line
    #: The addresses that it waits at, or calls.
    where: list[str]

    @property
    def mode(self) -> Literal["server", "client", "udp"]: ...

    @property
    def state(self) -> State: ...

    @property
    def peer(self) -> str:
        """Who speaks, where it is one; empty otherwise."""

    async def start(self) -> None: ...

    def stop_taking(self) -> None:
        """Nothing new comes in; what was taken will still be answered."""

    def close(self) -> None: ...


class Server:
    """A TCP port. ``connections`` are those of all servers, and ``room`` is made before each."""

    mode: Literal["server"] = "server"
    state: State = "listening"

    def __init__(
        self,
        line: Line,
        addresses: Sequence[Address],
        connections: set[Connection],
        room: Callable[[], None],
        make: Callable[[Line, set[Connection]], Connection] = Connection,
    ) -> None:
        self.line = line
        self.where = [listening.shown(*address) for address in addresses]
        self._addresses = addresses
        self._connections, self._room, self._make = connections, room, make
        self._servers: list[asyncio.Server] = []

    @property
    def peer(self) -> str:
        if not self.line.watched:
            return ""
        peers = sorted({c.peer for c in self._connections if c.line is self.line})
        return ", ".join(peers[:3])

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for address in self._addresses:
            sock = listening.listener(*address)
            server = await loop.create_server(self._connection, sock=sock, backlog=1024)
            self._servers.append(server)

    def _connection(self) -> Connection:
        self._room()
        return self._make(self.line, self._connections)

    def stop_taking(self) -> None:
        for server in self._servers:
            server.close()

    def close(self) -> None:
        """``stop_taking`` closed the port; connections are everybody's."""


class Udp:
    """A UDP port."""

    mode: Literal["udp"] = "udp"
    state: State = "listening"
    peer = ""

    def __init__(
        self,
        line: Line,
        addresses: Sequence[Address],
        make: Callable[[Line], Datagrams] = Datagrams,
    ) -> None:
        self.line = line
        self.where = [listening.shown(*address) for address in addresses]
        self._addresses, self._make = addresses, make
        self._open: list[tuple[asyncio.DatagramTransport, Datagrams]] = []

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for address in self._addresses:
            sock = listening.datagrams(*address)
            # Room for a burst of datagrams while the loop is busy.
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            self._open.append(
                await loop.create_datagram_endpoint(lambda: self._make(self.line), sock=sock)
            )

    def stop_taking(self) -> None:
        for _, datagrams in self._open:
            datagrams.stopped = True

    def close(self) -> None:
        for transport, _ in self._open:
            transport.close()


class Client:
    """A receiver that we call, again and again, ever more slowly while it does not answer."""

    mode: Literal["client"] = "client"

    def __init__(
        self,
        line: Line,
        address: Address,
        connections: set[Connection],
        may_call: Callable[[], bool] = lambda: True,
    ) -> None:
        self.line, self._may_call = line, may_call
        self.where = [listening.shown(*address)]
        self._address = address
        self._connections = connections
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    @property
    def state(self) -> State:
        return "connected" if self._connection is not None else "reconnecting"

    @property
    def peer(self) -> str:
        return ":".join(map(str, self._address))

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._keep_calling())

    def stop_taking(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """``stop_taking`` ended the calls; connections are everybody's."""

    async def _keep_calling(self) -> None:
        pause = FIRST_PAUSE
        while True:
            if not self._may_call():
                await asyncio.sleep(FIRST_PAUSE)
                continue
            spoke = False
            try:
                spoke = await self._one_call()
            except (OSError, TimeoutError) as error:
                _log.warning("receiver.unreachable", line=self.line.name, reason=str(error))
            except Exception:  # our bug, or an address that can't be one: the line lives
                _log.exception("receiver.not_called", line=self.line.name)
            pause = FIRST_PAUSE if spoke else min(pause * 2, LONGEST_PAUSE)
            # Jitter: many stations may have lost the same receiver at the same moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def _one_call(self) -> bool:
        """Connect, and wait for the end; whether anything good was said. Raises OSError."""
        gone = asyncio.Event()
        async with asyncio.timeout(CONNECT_WITHIN):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(self.line, self._connections, gone.set), *self._address
            )
        _log.info("receiver.connected", line=self.line.name, peer=self.peer)
        self._connection = connection
        try:
            await gone.wait()
        finally:
            self._connection = None
        return connection.spoke


def least_useful(connections: set[Connection]) -> Connection | None:
    """The connection to cut where there are too many: an idle one of whoever holds the most (of
    IPv6, a subscriber's whole /64)."""
    held = Counter(place(connection.peer) for connection in connections)
    most = held.most_common(1)[0][0]
    idle = [c for c in connections if place(c.peer) == most and c.idle]
    return min(idle, key=lambda c: (c.spoke, c.last_good)) if idle else None
