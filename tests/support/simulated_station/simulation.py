"""One seed, from its first alarm to the last call's end: the same seed, the same history."""

from __future__ import annotations

import asyncio
import hashlib
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from callflow.receiver.intake import Intake
from callflow.vault import Vault
from tests.support.simulated_station import operators, panels, world
from tests.support.simulated_station.asterisk import Asterisk
from tests.support.simulated_station.database import Database
from tests.support.simulated_station.faults import Fault, Faults
from tests.support.simulated_station.network import Network
from tests.support.simulated_station.processes import (
    PROCESSES,
    RESTART,
    Process,
    ReceiverProcess,
    TelephonyProcess,
    WebProcess,
)
from tests.support.simulated_station.surroundings import drawn_ids, surroundings
from tests.support.simulated_station.virtual_time import VirtualLoop
from tests.support.simulated_station.watch import Watch
from tests.support.simulated_station.wire import SimulatedWire

#: Seconds of virtual time: alarms and faults come in the first, then all must come to an end.
ALARMING = 900.0
QUIET_AT_MOST = 5400.0
#: Messages of one seed; rather more than half of them open an incident.
MESSAGES = 800


@dataclass
class History:
    """What became of one seed."""

    seed: int
    trace: str = ""  # SHA-256 of everything that happened, in its order
    incidents: int = 0
    calls: int = 0
    steps: int = 0  # commits that changed something
    seconds: float = 0.0  # of virtual time
    latest: float = 0.0  # the longest that a due step waited, in seconds
    broken: list[str] = field(default_factory=list)
    fired: Counter[Fault] = field(default_factory=Counter)


class Simulations:
    """Runs seeds one after the other over one database in memory."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            vault = Vault(Path(folder))
        self.database = Database(vault)
        with drawn_ids(random.Random(0)), self.database.engine.begin() as tx:
            tx.info.update(mac=vault.seal, at_end={})
            world.build(tx, vault)
            for work, given in tx.info["at_end"].items():
                work(tx, given)
        self.database.prepared()

    def run(
        self,
        seed: int,
        *,
        messages: int = MESSAGES,
        alarming: float = ALARMING,
        faults: bool = True,
        shown: Callable[[str], object] = lambda line: None,
    ) -> History:
        """The history of ``seed``: with the same settings always the same one.

        ``messages`` of panels come within the ``alarming`` seconds, and the faults. ``shown`` is
        told of everything that happens.
        """
        self.database.reset()
        loop = VirtualLoop()
        try:
            simulation = Simulation(seed, self.database, messages, alarming, loop, faults=faults)
            simulation.shown = shown
            with surroundings(simulation):
                loop.run_until_complete(simulation.play())
                simulation.end()
            return simulation.history
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


class Simulation:
    """Everything of one seed, wired."""

    def __init__(
        self,
        seed: int,
        database: Database,
        messages: int,
        alarming: float,
        loop: VirtualLoop,
        *,
        faults: bool,
    ) -> None:
        self.seed, self.database, self._loop = seed, database, loop
        self._messages, self._alarming = messages, alarming
        self.history = History(seed)
        self.shown: Callable[[str], object] = lambda line: None
        self._trace = hashlib.sha256()
        self._dice = {name: random.Random(f"{seed} {name}") for name in _DICE}
        self.seconds = loop.time
        self.faults = Faults(self._dice["faults"], none=not faults)
        self.network = Network(
            self._dice["network"],
            allowed=world.allowed(),
            desk=frozenset(world.DESK),
            now=loop.time,
            broken=self.broken,
        )
        self.asterisk = Asterisk(
            self._dice["people"], self.network, self.faults, frozenset(world.DESK)
        )
        self.watch = Watch(database.raw, self.broken, loop.time)
        self.sent: list[str] = []
        self._processes: dict[str, Process | None] = {}
        self._wires: list[SimulatedWire] = []
        self._clock_stepped = 0.0
        self._background: list[asyncio.Task[Any]] = []
        self._failed = asyncio.Event()
        self._changes = database.raw.total_changes

    # --- what the parts see of each other ---

    @property
    def web(self) -> WebProcess | None:
        process = self._processes.get("web")
        return process if isinstance(process, WebProcess) else None

    @property
    def intake(self) -> Intake | None:
        """The receiver's, while there is one."""
        process = self._processes.get("receiver")
        return process.intake if isinstance(process, ReceiverProcess) else None

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """What is in the database."""
        return self.database.raw.execute(query, values).fetchall()

    def dice(self, name: str) -> random.Random:
        """The luck of one part."""
        return self._dice[name]

    def now(self) -> datetime:
        """What the station's clock shows."""
        return world.BEGIN + timedelta(seconds=self._loop.time() + self._clock_stepped)

    def note(self, what: str) -> None:
        """Something happened: part of the trace."""
        line = f"{self._loop.time():.6f} {what}\n"
        self._trace.update(line.encode())
        self.shown(line)

    def broken(self, what: str) -> None:
        """An invariant does not hold."""
        self.note(f"broken: {what}")
        self.history.broken.append(f"at {self._loop.time():.3f} s: {what}")
        self._failed.set()

    def committed(self, role: str) -> None:
        """A process changed rows."""
        self.history.steps += 1
        self.note(f"{role} committed, {self.database.raw.total_changes - self._changes} changes")
        self.watch.committed()

    def acknowledged(self, name: str) -> None:
        """A panel is told that its message is safe."""
        self.note(f"{name} acknowledged")
        self.watch.acknowledged(name)

    def hinted(self, roles: frozenset[str]) -> None:
        """A commit made work for other processes."""
        for role in sorted(roles):
            process = self._processes.get(role)
            wake = process.wake if process is not None else None
            if wake is not None and not self.faults.strikes(Fault.WAKE_LOST):
                self._loop.call_later(0.0005, wake.nudge)

    async def connect(self, _host: str, _port: int, on_event: Any, _within: float) -> SimulatedWire:
        """AMI is there while Asterisk is."""
        await asyncio.sleep(0.002)
        if not self.asterisk.up:
            raise ConnectionRefusedError("nobody listens")
        wire = SimulatedWire(self.asterisk, on_event)
        self._wires = [wire]
        return wire

    # --- processes ---

    def start(self, kind: type[Process]) -> None:
        """A process begins."""
        self.note(f"{kind.role} starts")
        process = self._processes[kind.role] = kind(self)
        if isinstance(process, TelephonyProcess):
            self.asterisk.server = process

    def kill(self, process: Process) -> None:
        """It dies where it is, and is begun again soon."""
        if self._processes.get(process.role) is not process:
            return
        self.note(f"{process.role} dies")
        process.die()
        self._processes[process.role] = None
        if process.role == "telephony":
            self.asterisk.server = None
            for wire in self._wires:
                wire.close("the process died")
        pause = self._dice["faults"].uniform(*RESTART[process.role])
        self._loop.call_later(pause, self.start, type(process))

    def ended(self, process: Process, reason: BaseException | None) -> None:
        """A process ended by itself: that is no way to wait for a store that is away."""
        self.broken(f"{process.role} ended by itself: {reason!r}")
        self.kill(process)

    # --- the play ---

    async def play(self) -> None:
        """Alarms and faults for a while, then the rest until nothing is open."""
        self._publish()
        for kind in PROCESSES:
            self.start(kind)
        begin = asyncio.create_task
        staff = [
            operators.operator(self, self._dice["operators"], f"operator {n}") for n in "12345678"
        ]
        alarms = begin(panels.panels(self, self._dice["panels"], self._messages, self._alarming))
        callers = begin(operators.callers(self, self._dice["callers"]))
        faults = begin(self._faults())
        self._background = [alarms, callers, faults, begin(self._watch()), *map(begin, staff)]
        failed = begin(self._failed.wait())
        await asyncio.wait({failed, alarms}, return_when=asyncio.FIRST_COMPLETED)
        if not self._failed.is_set():
            callers.cancel()
            faults.cancel()
            self._heal()
            await self._settle()
        failed.cancel()
        await self._stop()

    def _publish(self) -> None:
        with self.database.engine.begin() as tx:
            tx.info.update(mac=self.database.vault.seal, at_end={})
            world.publish_random_plans(tx, self._dice["plans"])
            for work, given in tx.info["at_end"].items():
                work(tx, given)

    async def _settle(self) -> None:
        until = self._loop.time() + QUIET_AT_MOST
        while not self._failed.is_set() and self._left():
            if self._loop.time() > until:
                self.broken(f"after {QUIET_AT_MOST:.0f} s without faults: {self._left()}")
            await asyncio.sleep(1.0)

    def _left(self) -> list[Any]:
        """What is still to be done: calls, plans that run, signals to look at."""
        return list(self.asterisk.channels) or self.rows(
            "SELECT 'call', id FROM call"
            " WHERE state IN ('requested', 'started', 'ringing', 'answered')"
            " UNION ALL SELECT 'signal', id FROM signal WHERE correlated_at IS NULL"
            " UNION ALL SELECT 'incident', id FROM incident WHERE state = 'open'"
            " AND (machine = 'running' OR parked_until IS NOT NULL) LIMIT 3"
        )

    def _heal(self) -> None:
        """No more faults, and what they broke is mended."""
        self.note("faults are over")
        self.faults.on = False
        self.network.trunks_down.clear()
        self.asterisk.up = True
        for wire in self._wires:
            if wire.half_open:
                wire.close("mended")

    async def _stop(self) -> None:
        for process in self._processes.values():
            if process is not None:
                process.die()
        self._processes.clear()
        self.asterisk.die()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            self.watch.each_second(self.now())
            await asyncio.sleep(1.0)

    def end(self) -> None:
        """What only the end can tell."""
        history = self.history
        if not history.broken:
            with self.database.engine.connect() as tx:
                tx.info["mac"] = self.database.vault.seal
                self.watch.finished(tx, self.sent, self.network.invites)
        for chain in self.rows("SELECT chain, seq, hash FROM chain_head ORDER BY chain"):
            self.note(f"{chain}")
        history.trace = self._trace.hexdigest()
        history.incidents = self.rows("SELECT count(*) FROM incident")[0][0]
        history.calls = len(self.network.invites)
        history.seconds = self._loop.time()
        history.latest = self.watch.latest
        history.fired = self.faults.fired

    # --- faults that come by themselves ---

    async def _faults(self) -> None:
        while (coming := self.faults.next()) is not None:
            wait, fault = coming
            await asyncio.sleep(wait)
            self.note(fault)
            self.faults.fired[fault] += 1
            self._strike(fault)

    def _strike(self, fault: Fault) -> None:
        later, lasts = self._loop.call_later, self.faults.lasts
        match fault:
            case Fault.CRASH_BETWEEN:
                alive = [p for p in self._processes.values() if p is not None]
                if alive:
                    self.kill(alive[self.faults.among(len(alive))])
            case Fault.ASTERISK_GONE if self.asterisk.up:
                self.asterisk.die()
                self._cut("Asterisk is gone")
                later(lasts(0.5, 6), setattr, self.asterisk, "up", True)
            case Fault.LINK_CUT:
                self._cut("the link is cut")
            case Fault.LINK_HALF_OPEN:
                for wire in self._wires:
                    wire.half_open = True
            case Fault.TRUNK_DOWN:
                names = [trunk.name for trunk in world.SETTINGS.all_trunks]
                self.network.trunks_down = set(names[: 1 + self.faults.among(len(names))])
                later(lasts(5, 60), self.network.trunks_down.clear)
            case Fault.CLOCK_FORWARD:
                self._clock_stepped += lasts(1, 300)
            case Fault.CLOCK_BACK:
                self._clock_stepped -= lasts(1, 300)

    def _cut(self, why: str) -> None:
        for wire in self._wires:
            wire.close(why)


#: One sequence of dice for each part, so that a change of one leaves the others' luck alone.
_DICE = ("faults", "network", "people", "panels", "operators", "callers", "plans", "ids", "backoff")
