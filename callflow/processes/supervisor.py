"""``callflow serve``: every role a process of its own, each begun again when it dies.

The roles end with their supervisor, even when it is killed; an Asterisk doesn't: it lives in a
session of its own, is adopted by the next supervisor, and ends only when one is told to stop.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import IO, Protocol, TypeVar

import structlog

from callflow import clock
from callflow.core.watch import power
from callflow.orphans import end_with_parent
from callflow.probes.supplies import supplies
from callflow.processes import blackout, pulse
from callflow.processes.nursery import Nursery
from callflow.settings.config import Settings
from ivr.asterisk.control import ControlError
from ivr.asterisk.instance import Kind
from ivr.asterisk.process import AsteriskFailed, AsteriskProcess

log = structlog.get_logger(__name__)
T = TypeVar("T")

ROLES = ("receiver", "engine", "telephony", "web")
#: In the environment of a process that a supervisor began.
SUPERVISED = "CALLFLOW_SUPERVISED"

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0  # seconds before a dead role begins again
_STEADY = 1.0  # a role that lived so long did not die of its start: it is wanted back at once
_GRACE, _ASTERISK_GRACE = 8.0, 3.0  # seconds for a role, and for an Asterisk, to end by itself
_ASTERISK_LOOK = 0.25  # seconds between two looks at an Asterisk
_BLACKOUT_LOOK = 1.0  # seconds between two looks whether the engine asks for a stop
_MAINS_LOOK = 5.0  # seconds between two looks at the supplies of a station that stopped


class Child(Protocol):
    """A role's process, forked or begun as a program of its own."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...

    def send_signal(self, number: int, /) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class Supervisor:
    """Keeps the roles and the Asterisks of one instance running.

    ``on_station_restarted`` is called, in a thread, after the station's Asterisk was begun again.
    """

    def __init__(
        self,
        settings: Settings,
        asterisks: list[AsteriskProcess],
        nursery: Nursery,
        on_station_restarted: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._on_station_restarted = on_station_restarted
        self._asterisks, self._nursery = asterisks, nursery
        #: Those that are ours to begin and to end.
        self._kept = [] if settings.asterisk_apart else asterisks
        self._children: dict[str, Child] = {}
        self._stopping, self._renewed = asyncio.Event(), asyncio.Event()
        self._running: list[asyncio.Task[None]] = []

    async def run(self, on_started: Callable[[], None] = lambda: None) -> None:
        """Until SIGTERM or SIGINT; then everything is ended, an Asterisk of ours last. With SIGHUP
        the certificate's files are read again."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._renewed.set)
        self._begin_all()
        tasks = [asyncio.create_task(self._renew_certificate())]
        tasks.append(asyncio.create_task(self._nursery.keep()))
        if self._settings.hung_after:
            tasks.append(asyncio.create_task(self._end_who_hangs()))
        if self._settings.ups:
            tasks.append(asyncio.create_task(self._keep_to_the_battery()))
        on_started()
        await self._stopping.wait()
        log.info("supervisor.stopping")
        await _cancelled(tasks)
        await self._end_all()

    def stop(self) -> None:
        """As SIGTERM does."""
        self._stopping.set()

    def _begin_all(self) -> None:
        self._running = [asyncio.create_task(self._keep_asterisk(a)) for a in self._kept]
        self._running += [asyncio.create_task(self._keep_role(role)) for role in ROLES]

    async def _end_all(self) -> None:
        """Everything ends, an Asterisk of ours last."""
        await _cancelled(self._running)
        await asyncio.gather(*(self._end(*one) for one in self._children.items()))
        await asyncio.gather(*(self._end_asterisk(one) for one in self._kept))

    async def _end_who_hangs(self) -> None:
        """A role whose loop stands still is ended, and so begun again."""
        with pulse.Pulses(self._settings.run_dir) as pulses:
            while True:
                await asyncio.sleep(pulse.EVERY)
                living = {c.pid: r for r, c in self._children.items() if c.returncode is None}
                for pid, missed in pulses.look(living).items():
                    if missed * pulse.EVERY >= self._settings.hung_after:
                        log.critical("role.hung", role=living[pid], pid=pid)
                        self._tell(living[pid], signal.SIGKILL)

    async def _keep_to_the_battery(self) -> None:
        """Where the engine says that the battery ends, everything is stopped until there are mains
        again. Then this process has ended with its machine, or begins everything anew."""
        run_dir = self._settings.run_dir
        while True:
            await asyncio.sleep(_BLACKOUT_LOOK)
            if not blackout.is_asked(run_dir):
                continue
            if await asyncio.to_thread(self.has_mains):  # whoever asked is wrong
                blackout.refuse(run_dir)
                continue
            log.critical("supervisor.blackout")
            await self._end_all()
            blackout.stop(run_dir, clock.now())
            await self._until_mains()
            log.info("supervisor.mains_are_back")
            self._begin_all()

    async def _until_mains(self) -> None:
        while True:
            if await asyncio.to_thread(self.has_mains):
                return
            await asyncio.sleep(_MAINS_LOOK)

    def has_mains(self) -> bool:
        """True where one of the supplies says that it has them. Asks them."""
        return power.is_back(supplies(self._settings))

    async def _renew_certificate(self) -> None:
        """Whoever shows the certificate takes what its files hold now; no call ends with that."""
        while True:
            await self._renewed.wait()
            self._renewed.clear()
            log.info("certificate.renewed")
            for asterisk in self._asterisks:
                try:
                    await asyncio.to_thread(asterisk.renew_certificate)
                except ControlError as error:  # it reads its files when it begins
                    log.warning("asterisk.away", kind=str(asterisk.kind), reason=str(error))
            self._tell("telephony", signal.SIGHUP)  # its door
            self._tell("web", signal.SIGTERM)  # begun again at once; pages come back by themselves

    def _tell(self, role: str, number: signal.Signals) -> None:
        with contextlib.suppress(KeyError, ProcessLookupError):
            self._children[role].send_signal(number)

    async def _keep_role(self, role: str) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            begun = clock.monotonic()
            try:
                self._children[role] = child = await self._begin(role)
            except OSError as error:  # no memory, no process, no place for its log
                log.critical("role.not_begun", role=role, reason=str(error))
            else:
                code = await child.wait()
                lived = clock.monotonic() - begun
                log.error("role.died", role=role, exit=code, lived_s=round(lived, 1))
                if lived > _STEADY:
                    pause = _FIRST_PAUSE
                    continue
            pause = min(pause * 2, _LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _begin(self, role: str) -> Child:
        log_file = self._settings.data_dir / "logs" / f"{role}.log"
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with log_file.open("ab") as output:
            forked = await self._nursery.fork(role, output.fileno())
            return forked or await self._spawn(role, output)

    async def _spawn(self, role: str, output: IO[bytes]) -> asyncio.subprocess.Process:
        """The role as a program of its own: it imports what it needs."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "callflow",
            "serve",
            "--only",
            role,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=role_environment(self._settings),
            preexec_fn=end_with_parent,
            start_new_session=True,  # the kernel weighs roles by it (niceness.py)
        )

    async def _end(self, role: str, child: Child) -> None:
        if child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), _GRACE)
        except TimeoutError:
            log.warning("role.not_ended", role=role, pid=child.pid)
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _end_asterisk(self, asterisk: AsteriskProcess) -> None:
        if not await asyncio.to_thread(asterisk.stop, _ASTERISK_GRACE):
            log.warning("asterisk.not_ended", kind=str(asterisk.kind))

    async def _keep_asterisk(self, asterisk: AsteriskProcess) -> None:
        while True:
            try:
                if await asyncio.to_thread(asterisk.pid) is None:
                    log.warning("asterisk.starting", kind=str(asterisk.kind))
                    started = await _to_its_end(asterisk.start)
                    if started and asterisk.kind is Kind.STATION:
                        await asyncio.to_thread(self._on_station_restarted)
            except (AsteriskFailed, ControlError, OSError) as error:
                log.critical("asterisk.failed", kind=str(asterisk.kind), reason=str(error))
            await asyncio.sleep(_ASTERISK_LOOK)


async def _to_its_end(work: Callable[[], T]) -> T:
    """In a thread. Who is cancelled waits for its end: what it begins would else begin behind the
    back of whoever stops everything, and stay."""
    thread = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.gather(thread, return_exceptions=True)
        raise


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def child_environment(settings: Settings) -> dict[str, str]:
    """What a role needs to find the same instance."""
    return {
        **os.environ,
        "CALLFLOW_DATA_DIR": str(settings.data_dir),
        "CALLFLOW_PORT_BASE": str(settings.port_base),
        "CALLFLOW_DEMO": "1" if settings.demo else "0",
        "CALLFLOW_CLOCK": settings.clock,
        "CALLFLOW_LINES": settings.lines_as_json(),
        # Buffered: what a full disk cuts off a line of the log is written when there is room again.
        "PYTHONUNBUFFERED": "",
    }


def nursery_of(settings: Settings) -> Nursery:
    """What a supervisor's roles are forked from; begin it early, it loads for two seconds."""
    log_file = settings.data_dir / "logs" / "nursery.log"
    return Nursery(ROLES, role_environment(settings), log_file)


def role_environment(settings: Settings) -> dict[str, str]:
    """What a supervisor's roles find in theirs."""
    return {**child_environment(settings), SUPERVISED: "1"}
