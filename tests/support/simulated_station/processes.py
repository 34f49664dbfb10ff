"""The station's processes as in production, but for their sockets: each may die anywhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callflow import clock
from callflow.core.signals.signal import Signal
from callflow.handling.base import refusals, storing
from callflow.processes.engine import Engine
from callflow.receiver.intake import Intake
from callflow.settings.config import Settings
from callflow.storage import StoreUnavailable, Tx
from callflow.storage.people import users
from ivr.agi import Handler, Session
from ivr.speech import Sentence
from ivr.telephony.process import Telephony
from tests.support.simulated_station.database import ProcessStore
from tests.support.simulated_station.virtual_time import OWNER
from tests.support.simulated_station.world import SETTINGS

if TYPE_CHECKING:
    from tests.support.simulated_station.simulation import Simulation

#: Polls are so much rarer than in production: what a lost wake-up costs, and what idling costs us.
_PATIENCE = 10.0
_BEAT_EVERY = 4.0  # seconds


class SimulatedWake:
    """``callflow.dispatch.wake.Wake`` without a socket."""

    def __init__(self, _settings: Settings, role: str) -> None:
        self._heard = asyncio.Event()
        owner = OWNER.get()
        assert isinstance(owner, Process), f"{role} runs in no process"
        owner.wake = self

    async def wait(self, timeout: float) -> bool:
        """Whether a wake-up came in time; several count as one."""
        try:
            async with asyncio.timeout(timeout * _PATIENCE):
                await self._heard.wait()
        except TimeoutError:
            return False
        self._heard.clear()
        return True

    def nudge(self) -> None:
        """Wake ourselves."""
        self._heard.set()

    def close(self) -> None:
        """There is no socket."""


class Process:
    """One life of one process: from its start to its death, which ends its tasks where they are."""

    role = ""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.wake: SimulatedWake | None = None
        self.routes: Mapping[str, Handler] = {}
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self.store = ProcessStore(
            simulation.database,
            simulation.faults,
            die=self._killed_at_commit,
            after_commit=simulation.hinted,
            on_commit=lambda: simulation.committed(self.role),
        )
        self.begin(self.run()).add_done_callback(self._ended)

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task of this process."""
        context = copy_context()
        context.run(OWNER.set, self)
        return asyncio.get_running_loop().create_task(work, context=context)

    def begun(self, task: asyncio.Task[Any]) -> None:
        """A task was begun in this process."""
        self._tasks[task] = None
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    async def run(self) -> None:
        """What the process does, until it is killed."""
        raise NotImplementedError

    def _ended(self, running: asyncio.Task[None]) -> None:
        """A part failed, and the process with it: the supervisor begins it again."""
        if not self.store.dead:
            self.simulation.ended(self, None if running.cancelled() else running.exception())

    def _killed_at_commit(self) -> None:
        self.simulation.kill(self)

    def die(self) -> None:
        """As by kill -9: nothing more is written, sent or answered."""
        self.store.dead = True
        for task in list(self._tasks):
            task.cancel()

    async def every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """As the real processes' loops: a store that is away is waited for."""
        while True:
            with contextlib.suppress(StoreUnavailable):
                await work()
            await asyncio.sleep(seconds)

    async def beat(self) -> None:
        """The process says that it lives."""
        now = clock.now()

        def beats(tx: Tx) -> None:
            users.process_beat(tx, self.role, pid=1, since=now, now=now, state={})

        await self.store.write(beats)


class EngineProcess(Process):
    """The real engine, whole."""

    role = "engine"

    async def run(self) -> None:
        """Until it is killed."""
        await Engine(SETTINGS, self.store, self.simulation.database.vault).run()


class ReceiverProcess(Process):
    """The real intake: what is stored is acknowledged, by ``Sender.answered``."""

    role = "receiver"

    async def run(self) -> None:
        """Until it is killed."""
        self.intake = Intake(self._save, vital=storing.is_vital)
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self.intake.run())
            parts.create_task(self.every(_BEAT_EVERY, self.beat))

    async def _save(self, batch: Sequence[Signal]) -> None:
        await self.store.write(lambda tx: storing.store_signals(tx, batch))


class WebProcess(Process):
    """Where operators' acts are stored."""

    role = "web"

    async def run(self) -> None:
        """It waits for requests."""
        await self.every(_BEAT_EVERY, self.beat)

    async def act(self, function: Callable[[Tx], Any]) -> bool:
        """An operator's request; whether it was done. A request dies with its process."""
        request = self.begin(self.store.write(function))
        await asyncio.wait({request})
        if request.cancelled():
            return False
        failed = request.exception()
        if failed is not None and not isinstance(failed, StoreUnavailable | refusals.Refused):
            raise failed
        return failed is None


class TelephonyProcess(Process):
    """The real telephony, whole but for its voice, its recordings and its sockets."""

    role = "telephony"

    async def run(self) -> None:
        """Until it is killed."""
        await Telephony(SETTINGS, self.store, self.simulation.database.vault).run()

    async def agi(self, route: str, session: Session) -> None:
        """One AGI session, over when the dialogue is, or the process."""
        handler = self.routes.get(route)
        if handler is None:
            return  # nobody listens yet

        async def serve() -> None:
            await handler(session)

        serving = self.begin(serve())
        await asyncio.wait({serving})
        if not serving.cancelled():
            serving.exception()  # a dialogue that failed: the dialplan asks again


class SimulatedAgiServer:
    """``ivr.agi.AgiServer`` without a socket: its process has its routes once it has started."""

    def __init__(self, routes: Mapping[str, Handler], _secret: str) -> None:
        self._routes = routes

    async def start(self, _port: int, _host: str = "", *, only: str = "") -> None:
        """Listen."""
        owner = OWNER.get()
        assert isinstance(owner, Process)
        owner.routes = self._routes

    async def close(self) -> None:
        """Listen no more."""


class Silent:
    """Speech, recordings and site names: nothing is said, kept or prepared."""

    waiting = 0

    def __init__(self, *_arguments: Any, **_settings: Any) -> None:
        pass

    async def start(self) -> None:
        """Nothing to start."""

    async def close(self) -> None:
        """Nothing to end."""

    async def run(self) -> None:
        """Nothing to do."""

    async def look(self) -> None:
        """Nothing to do."""

    async def sweep(self) -> None:
        """Nothing to look for."""

    async def prewarm(self, sentences: Any) -> None:
        """Nothing is prepared."""

    async def turn(self, sentences: Sequence[Sentence], *, opening: bool = False) -> Path:
        """One file that says them all."""
        return Path("said")

    def prepare(self, sentences: Any) -> None:
        """Nothing takes time here."""

    def over(self, call_id: str, *, cut: bool, call: object = None) -> None:
        """No recording to look at."""

    def leave(self, channel_id: str) -> None:
        """No recording to leave to others."""


PROCESSES: tuple[type[Process], ...] = (
    EngineProcess,
    ReceiverProcess,
    TelephonyProcess,
    WebProcess,
)

#: A dead process is back after so many seconds: where the nursery died too it loads by itself.
RESTART = {"telephony": (0.2, 0.8), "engine": (0.5, 2.0), "receiver": (0.5, 2.0), "web": (0.5, 2.0)}
