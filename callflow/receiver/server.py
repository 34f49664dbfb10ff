"""The receiver's life: bind, serve until cancelled, stop without losing an acknowledgement."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from callflow.clock import Clock, monotonic
from callflow.core.signals.protocol import KeyOf, Station
from callflow.core.signals.repeats import Repeats
from callflow.core.signals.resends import Resends
from callflow.core.signals.signal import Signal
from callflow.core.station.addresses import network_of
from callflow.open_files import room_for
from callflow.receiver.connections import Connection
from callflow.receiver.doors import Client, Door, Server, Udp, least_useful
from callflow.receiver.intake import Intake, Store
from callflow.receiver.lines import Line, NoteHeard
from callflow.receiver.pace import Pace
from callflow.receiver.protocols import PROTOCOLS
from callflow.receiver.relay import Relay
from callflow.receiver.watching import MISSED, Change, Watches
from callflow.settings.config import Settings
from callflow.settings.lines import LineSettings

#: Connections at once, as far as the process may open files.
CONNECTIONS = 4096
#: Seconds between two looks at time-outs, and for the last commits when stopping.
LOOK, STOPPING = 1.0, 8.0

_log = structlog.get_logger()


def line_settings(settings: Settings) -> list[LineSettings]:
    """Every line: DC-09's, which each station has at its port, and those that are declared."""
    ports = settings.ports
    return [
        LineSettings(name="dc09-tcp", protocol="dc09", listen=ports.dc09, heartbeat=0),
        LineSettings(
            name="dc09-udp", protocol="dc09", transport="udp", listen=ports.dc09, heartbeat=0
        ),
        *settings.lines,
    ]


class Receiver:
    """Every line of ``line_settings``, listening where the settings say, to whom they allow.

    ``store`` returns when the signals are durable and raises when they aren't; ``heard`` is told
    of every account that gave a sign of life; ``key_of`` gives an account's AES key; ``recent``
    are (deduplication key, time) of the last minutes, so that a restart forgets no
    repeat; ``known`` the hardware receivers that were heard before it, and whether they were lost.
    ``pace`` slows acknowledgements down, but for the signals that ``vital`` names. Receivers are
    called while ``may_call`` says so. ``in_shadow`` names the accounts for which the system acts
    that a line is relayed to.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        heard: NoteHeard,
        key_of: KeyOf,
        clock: Clock,
        recent: Iterable[tuple[str, datetime]] = (),
        known: Mapping[str, bool] | None = None,
        pace: Pace | None = None,
        vital: Callable[[Signal], bool] = lambda signal: False,
        may_call: Callable[[], bool] = lambda: True,
        in_shadow: Callable[[str], bool] = lambda account: True,
    ) -> None:
        self._settings, self._may_call, self._in_shadow = settings, may_call, in_shadow
        self._intake = Intake(store, pace, vital)
        self._connections: set[Connection] = set()
        self._calls: set[Connection] = set()  # those that we made
        self._tasks: list[asyncio.Task[None]] = []
        self._relays: list[Relay] = []
        self._limit = CONNECTIONS
        self._key_of, self._clock, self._note = key_of, clock, heard
        self._repeats, self._resends = Repeats(), Resends()
        for key, at in sorted(recent, key=lambda one: one[1]):
            message = key.rpartition("|")[0]
            self._repeats.remember(message, at)
            self._resends.remember(message, at)
        self._doors = [self._door(line, known or {}) for line in line_settings(settings)]

    def _door(self, own: LineSettings, known: Mapping[str, bool]) -> Door:
        line = self._line(own, known)
        if own.connect is not None:
            host, _, port = own.connect.rpartition(":")
            return Client(line, (host, int(port)), self._calls, self._may_call)
        addresses = self._settings.listens_at(own)
        relay = self._relay(own, line, known)
        if own.transport == "udp":
            return Udp(line, addresses, relay.datagrams) if relay else Udp(line, addresses)
        make = relay.connection if relay else Connection
        return Server(line, addresses, self._connections, self._make_room, make)

    def _relay(self, own: LineSettings, line: Line, known: Mapping[str, bool]) -> Relay | None:
        to = next((each for each in self._settings.relays if each.line == own.name), None)
        if to is None:
            return None
        relay = Relay(
            to,
            protocol=own.protocol,
            udp=own.transport == "udp",
            in_shadow=self._in_shadow,
            known=known,
        )
        line.relayed = relay.health
        self._relays.append(relay)
        return relay

    def _line(self, own: LineSettings, known: Mapping[str, bool]) -> Line:
        station = Station(
            key_of=self._key_of,
            before=timedelta(seconds=self._settings.window_before),
            after=timedelta(seconds=self._settings.window_after),
            line=own.name,
            repeats=self._repeats,
            resends=self._resends,
        )
        hardware = PROTOCOLS[own.protocol].hardware
        every = own.heartbeat if hardware else 0.0
        patience = (MISSED * every or float("inf")) if hardware else None
        client = own.connect is not None
        watches = Watches(own.name, every, monotonic(), client=client, known=known)
        allowed = tuple(map(network_of, self._settings.allowed(own)))
        return Line(
            own.protocol,
            station,
            self._clock,
            self._note,
            self._intake,
            watches,
            patience,
            () if client else allowed,
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The health of each line: what it is, its state, its counters since the start."""
        return [
            {"mode": door.mode, "state": door.state, "peer": door.peer, **door.line.health()}
            for door in self._doors
        ]

    @property
    def latencies(self) -> list[dict[str, Any]]:
        """How long senders waited for their answers."""
        return [self._intake.durations.told(monotonic())]

    @property
    def connections(self) -> int:
        """TCP connections that are open."""
        return len(self._connections) + len(self._calls)

    def changes(self) -> list[Change]:
        """The hardware receivers that were lost or are back, until ``told``."""
        at = monotonic()
        found = [change for door in self._doors for change in door.line.watches.look(at)]
        return found + [change for relay in self._relays for change in relay.look(at)]

    def told(self, changes: Iterable[Change]) -> None:
        """``changes`` are stored."""
        for change in changes:
            for door in self._doors:
                if change.name in door.line.watches.known:
                    door.line.watches.told(change)
            for relay in self._relays:
                relay.told(change)

    @property
    def known(self) -> dict[str, bool]:
        """The hardware receivers that were ever heard, and whether each is lost."""
        known = [door.line.watches.known for door in self._doors]
        known += [relay.known for relay in self._relays]
        return {name: lost for each in known for name, lost in each.items()}

    async def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until cancelled; ``ready`` is called when every port is bound."""
        try:
            await self.start()
            ready()
            await asyncio.get_running_loop().create_future()
        finally:
            await self.stop()

    async def start(self) -> None:
        """Bind every port, call every receiver. Raises OSError where a port is taken, or an address
        is not this machine's."""
        self._limit = room_for(CONNECTIONS)
        for door in self._doors:
            await door.start()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._intake.run()), loop.create_task(self._watch())]
        _log.info("receiver.ready", lines={door.line.name: door.where for door in self._doors})

    async def stop(self) -> None:
        """Take nothing more, store and acknowledge what was taken, then close."""
        for door in self._doors:
            door.stop_taking()
        for connection in self._all:
            connection.stop_reading()
        if self._tasks:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._intake.drained(), STOPPING)
        for connection in self._all:
            connection.close()
        for door in self._doors:
            door.close()
        for relay in self._relays:
            await relay.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    @property
    def _all(self) -> list[Connection]:
        return [*self._connections, *self._calls]

    def _make_room(self) -> None:
        if len(self._connections) >= self._limit:
            found = least_useful(self._connections)
            if found is not None:
                found.cut("too many connections")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            at = monotonic()
            for connection in self._all:
                connection.look_at_time(at)
