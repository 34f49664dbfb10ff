"""The supervisor's side of the nursery: a process that has loaded what roles need, and forks them.

A fresh interpreter would import for half a second to two of a processor, at every start and after
every crash. A forked role is the supervisor's own child all the same: it ends with the supervisor
and outlives the nursery. Where there is none (it died, it hangs, this is no Linux), a role is begun
as a program of its own, and a new nursery beside it. Its process: ``callflow/commands/nursery.py``.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from callflow import clock
from callflow.orphans import adopt_orphans, end_with_parent

log = structlog.get_logger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds before a dead nursery begins again
_STEADY = 60.0  # seconds: one that lived so long did not die of its start
_LOADS_WITHIN = 30.0  # seconds a role, on a machine that has other things to do
_FORKS_WITHIN = 3.0  # seconds for a role to be there: it takes milliseconds


_births = 0


@contextlib.contextmanager
def asked(line: socket.socket, role: str, output: int) -> Iterator[socket.socket]:
    """Ask a nursery for a role, which writes to the descriptor ``output``. On what this gives, the
    process tells its id, and works as soon as it is answered.

    Meanwhile orphans among our descendants are ours (prctl(2), PR_SET_CHILD_SUBREAPER): what the
    nursery forks is one. Others' orphans are left to the system, which collects them.
    """
    global _births  # noqa: PLW0603 -- it is the process that adopts
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    _births += 1
    adopt_orphans()
    try:
        with ours:
            with theirs:
                wish = f"{role} {os.getpid()}".encode()
                socket.send_fds(line, [wish], [theirs.fileno(), output])
            yield ours
    finally:
        _births -= 1
        if not _births:
            adopt_orphans(ours=False)


class Forked:
    """A role that was forked: our child, with what it takes of ``asyncio.subprocess.Process``."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._handle = os.pidfd_open(pid)
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = loop.create_future()
        loop.add_reader(self._handle, self._collect)

    async def wait(self) -> int:
        """Its exit code; the signal's number below zero."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        """Raises ProcessLookupError when it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError
        signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _collect(self) -> None:
        asyncio.get_running_loop().remove_reader(self._handle)
        _, status = os.waitpid(self.pid, 0)
        os.close(self._handle)
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.set_result(self.returncode)


class Nursery:
    """A context: entered, it loads ``roles`` in the order in which they are wanted; left, it ends.

    ``environment`` is its own and of all that it forks, ``output`` the file of what it says.
    """

    #: What is begun, with the roles behind it.
    program: tuple[str, ...] = (sys.executable, "-m", "callflow", "nursery")

    def __init__(self, roles: Sequence[str], environment: Mapping[str, str], output: Path) -> None:
        self._roles, self._output = roles, output
        # Its threads would begin with numpy, and no process that has some is forked.
        self._environment = {**environment, "OPENBLAS_NUM_THREADS": "1"}
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._loading: set[str] = set()
        self._first = True

    def __enter__(self) -> Self:
        if sys.platform == "linux":
            self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    async def keep(self) -> None:
        """Begin another one whenever it dies; until cancelled."""
        pause = _FIRST_PAUSE
        while self._process is not None:
            begun = clock.monotonic()
            await self._until_ended(self._process)
            code, lived = self._end(), clock.monotonic() - begun
            log.error("nursery.died", exit=code, lived_s=round(lived, 1))
            if lived > _STEADY:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            self._first = False
            self._begin()

    async def fork(self, role: str, output: int) -> Forked | None:
        """The role, as a process that works from now on; None where it must be begun otherwise.

        ``output`` is the descriptor that it writes to.
        """
        line = self._line
        # Another one is not waited for: a role that loads for itself is as quick.
        if line is None or (self._loading and not self._first):
            return None
        try:
            with asked(line, role, output) as ours:
                ours.setblocking(False)
                if not (told := await self._told(ours)):
                    raise ConnectionResetError("it was not born")
                child = Forked(int(told))
                with contextlib.suppress(OSError):  # it died at once, as its end will tell
                    ours.send(b"\n")
                return child
        except OSError as error:  # a TimeoutError too
            log.warning("nursery.failed", role=role, reason=str(error) or "it does not answer")
            if isinstance(error, TimeoutError) and self._process is not None:
                self._process.kill()
            return None

    async def _told(self, ours: socket.socket) -> bytes:
        """What a birth says. Raises TimeoutError once nothing is loaded any more, either."""
        while True:
            loading = len(self._loading)
            try:
                async with asyncio.timeout(_LOADS_WITHIN if loading else _FORKS_WITHIN):
                    return await asyncio.get_running_loop().sock_recv(ours, 64)
            except TimeoutError:
                if len(self._loading) == loading:
                    raise

    def _begin(self) -> None:
        self._output.parent.mkdir(parents=True, exist_ok=True)
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.setblocking(False)
        self._loading = set(self._roles)
        with theirs, self._output.open("ab") as output:
            self._process = self._launched(theirs.fileno(), output.fileno())

    def _launched(self, line: int, output: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.program, *self._roles],
            stdin=line,
            stdout=output,
            stderr=output,
            env=self._environment,
            preexec_fn=end_with_parent,  # noqa: PLW1509 -- it takes no lock
            start_new_session=True,
        )

    def _end(self) -> int:
        """Its exit code."""
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is None:
            return 0
        self._process.kill()
        return self._process.wait()

    async def _until_ended(self, process: subprocess.Popen[bytes]) -> None:
        """Hear what it has loaded, until there is nobody to be heard."""
        assert self._line is not None
        with contextlib.suppress(OSError):
            while told := await asyncio.get_running_loop().sock_recv(self._line, 64):
                self._loading.discard(told.decode())
