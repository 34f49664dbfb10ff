"""``callflow serve``: every role a process of its own, each begun again when it dies.

The roles end with their supervisor, even when it is killed; an Asterisk doesn't: it lives in a
session of its own, is adopted by the next supervisor, and ends only when one is told to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable

import structlog

from callflow import clock
from callflow.config import Settings
from ivr.asterisk.control import ControlError
from ivr.asterisk.instance import Kind
from ivr.asterisk.process import AsteriskFailed, AsteriskProcess

log = structlog.get_logger(__name__)

ROLES = ("receiver", "engine", "telephony", "web")
#: Set in the environment of a process that waits for a byte on its standard input before it works.
SPARE = "CALLFLOW_SPARE"

#: Roles with a second process that has everything loaded and waits: people are on the phone.
_SPARED = frozenset({"telephony"})
_SPARE_AFTER = 0.3  # seconds that a role has to begin its work before its spare is loaded
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0  # seconds before a dead role begins again
_STEADY = 1.0  # a role that lived so long did not die of its start: it is wanted back at once
_GRACE = 8.0  # seconds for a role to end by itself
_ASTERISK_LOOK = 0.25  # seconds between two looks at an Asterisk
_PR_SET_PDEATHSIG = 1


class Supervisor:
    """Keeps the roles and the Asterisks of one instance running.

    ``on_station_restarted`` is called, in a thread, after the station's Asterisk was begun again.
    """

    def __init__(
        self,
        settings: Settings,
        asterisks: list[AsteriskProcess],
        on_station_restarted: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._on_station_restarted = on_station_restarted
        self._asterisks = asterisks
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._spares: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    async def run(self, on_started: Callable[[], None] = lambda: None) -> None:
        """Until SIGTERM or SIGINT; then everything is ended, Asterisk last."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stopping.set)
        tasks = [asyncio.create_task(self._keep_asterisk(a)) for a in self._asterisks]
        tasks += [asyncio.create_task(self._keep_role(role)) for role in ROLES]
        on_started()
        await self._stopping.wait()
        log.info("supervisor.stopping")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ours = [*self._children.values(), *self._spares.values()]
        await asyncio.gather(*(self._end(child) for child in ours))
        await asyncio.gather(*(asyncio.to_thread(a.stop, 3.0) for a in self._asterisks))

    async def _keep_role(self, role: str) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            begun = clock.monotonic()
            child = self._called_up(role) or await self._spawn(role)
            self._children[role] = child
            spare = asyncio.create_task(self._keep_spare(role))
            try:
                code = await child.wait()
            finally:
                spare.cancel()
                await asyncio.wait([spare])
            lived = clock.monotonic() - begun
            log.error("role.died", role=role, exit=code, lived_s=round(lived, 1))
            if lived > _STEADY:
                pause = _FIRST_PAUSE
            else:
                pause = min(pause * 2, _LONGEST_PAUSE)
                await asyncio.sleep(pause)

    def _called_up(self, role: str) -> asyncio.subprocess.Process | None:
        """The role's spare, told to work; None where there is none."""
        spare = self._spares.pop(role, None)
        if spare is None or spare.returncode is not None or spare.stdin is None:
            return None
        spare.stdin.write(b"\n")
        return spare

    async def _keep_spare(self, role: str) -> None:
        """Load the role's spare, and another when that one dies."""
        while role in _SPARED:
            await asyncio.sleep(_SPARE_AFTER)
            self._spares[role] = spare = await self._spawn(role, spare=True)
            await spare.wait()

    async def _spawn(self, role: str, *, spare: bool = False) -> asyncio.subprocess.Process:
        log_file = self._settings.data_dir / "logs" / f"{role}.log"
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with log_file.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "callflow",
                "serve",
                "--only",
                role,
                stdin=asyncio.subprocess.PIPE if spare else asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**child_environment(self._settings), SPARE: "1" if spare else ""},
                preexec_fn=_end_with_parent,
                start_new_session=True,  # the kernel weighs roles by it (niceness.py)
            )

    async def _end(self, child: asyncio.subprocess.Process) -> None:
        if child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), _GRACE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _keep_asterisk(self, asterisk: AsteriskProcess) -> None:
        while True:
            try:
                if await asyncio.to_thread(asterisk.pid) is None:
                    log.warning("asterisk.starting", kind=str(asterisk.kind))
                    started = await asyncio.to_thread(asterisk.start)
                    if started and asterisk.kind is Kind.STATION:
                        await asyncio.to_thread(self._on_station_restarted)
            except (AsteriskFailed, ControlError, OSError) as error:
                log.critical("asterisk.failed", kind=str(asterisk.kind), reason=str(error))
            await asyncio.sleep(_ASTERISK_LOOK)


def child_environment(settings: Settings) -> dict[str, str]:
    """What a role needs to find the same instance."""
    return {
        **os.environ,
        "CALLFLOW_DATA_DIR": str(settings.data_dir),
        "CALLFLOW_PORT_BASE": str(settings.port_base),
        "CALLFLOW_DEMO": "1" if settings.demo else "0",
        "CALLFLOW_LINES": settings.lines_as_json(),
        # Buffered: what a full disk cuts off a line of the log is written when there is room again.
        "PYTHONUNBUFFERED": "",
    }


def _end_with_parent() -> None:
    """The kernel ends a role whose supervisor was killed (Linux; elsewhere it is found again)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
