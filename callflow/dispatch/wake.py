"""Wake-ups between processes: a datagram to ``run/ROLE.wake`` on one machine (SQLite), a NOTIFY in
the commit itself on several (PostgreSQL).

A hint only: every process also looks at the rows by itself, so a lost one costs a poll.
"""

import asyncio
import contextlib
import hashlib
import os
import socket
import tempfile
import weakref
from pathlib import Path
from typing import Protocol

from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.engine import jobs
from callflow.storage.engine.listening import Listener, notify
from callflow.vault import Vault

#: Who can be woken: the processes, and what the engine's sends.
ROLES = ("receiver", "engine", "telephony", "web", "notify")


#: Longest address of a socket: the system's limit is 107 bytes, or 103.
_LONGEST = 100


def address(run_dir: Path, role: str) -> Path:
    """Where ``role`` is woken: in ``run_dir``, or in a short folder of its own for a long one.

    Raises PermissionError where somebody else made that folder.
    """
    path = run_dir / f"{role}.wake"
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    name = hashlib.sha256(os.fsencode(run_dir.absolute())).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"callflow-wake-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else: remove it")
    return folder / f"{name}.{role}"


class WakeSocket:
    """Where one process hears that rows changed."""

    def __init__(self, run_dir: Path, role: str) -> None:
        run_dir.mkdir(parents=True, exist_ok=True)
        self._path = address(run_dir, role)
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()  # of a process that was killed
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self._path))
        self._waits: asyncio.Future[bool] | None = None
        self._listens: asyncio.AbstractEventLoop | None = None

    async def wait(self, timeout: float) -> bool:
        """True where a wake-up came within ``timeout`` seconds; several count as one."""
        if self._heard():
            return True
        loop = asyncio.get_running_loop()
        waits: asyncio.Future[bool] = loop.create_future()
        self._waits = waits
        if self._listens is None:
            self._listens = loop
            loop.add_reader(self._socket, self._tell)
        late = loop.call_later(timeout, _answer, waits, False)
        try:
            return await waits
        finally:
            late.cancel()
            self._waits = None

    def _heard(self) -> bool:
        heard = False
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(16):
                heard = True
        return heard

    def _tell(self) -> None:
        """Where nobody waits it is left for who does: a busy process is not woken once more."""
        if self._waits is None or self._waits.done():
            self._listen_no_more()
        elif self._heard():
            self._waits.set_result(True)

    def _listen_no_more(self) -> None:
        loop, self._listens = self._listens, None
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._socket)

    def nudge(self) -> None:
        """Wake ourselves."""
        with contextlib.suppress(OSError):
            self._socket.sendto(b"1", str(self._path))

    def close(self) -> None:
        self._listen_no_more()
        self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()


def _answer(waits: asyncio.Future[bool], woken: bool) -> None:
    if not waits.done():
        waits.set_result(woken)


class Waker:
    """Sends wake-ups; never blocks, never fails."""

    def __init__(self, run_dir: Path) -> None:
        self._paths = {role: str(address(run_dir, role)) for role in ROLES}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        weakref.finalize(self, self._socket.close)

    def wake(self, hints: frozenset[str]) -> None:
        """Tell the pages that rows changed, and those who have work that they have.

        Nobody else: at 25 alarms a second, looks for nothing cost more than the calls.
        """
        for role in (*hints, "web"):
            with contextlib.suppress(OSError):
                self._socket.sendto(b"1", self._paths[role])


class Wake(Protocol):
    """Where one process hears that rows changed."""

    async def wait(self, timeout: float) -> bool:
        """True where a wake-up came within ``timeout`` seconds; several count as one."""

    def nudge(self) -> None:
        """Wake ourselves."""

    def close(self) -> None:
        """Hear nothing more."""


class NotifiedWake:
    """A process that is woken by PostgreSQL, from whatever machine."""

    def __init__(self, url: str, role: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._listener = Listener(url, role, self._heard)

    async def wait(self, timeout: float) -> bool:
        """As ``Wake``."""
        try:
            async with asyncio.timeout(timeout):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    def nudge(self) -> None:
        """As ``Wake``."""
        self._woken.set()

    def close(self) -> None:
        """As ``Wake``."""
        self._listener.close()

    def _heard(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._woken.set)


def open_wake(settings: Settings, role: str) -> Wake:
    """Where the process at hand is woken; within a running loop. Raises OSError."""
    if settings.database.startswith("sqlite"):
        return WakeSocket(settings.run_dir, role)
    return NotifiedWake(settings.database, role)


def open_store(settings: Settings, vault: Vault) -> Store:
    """The instance's store for one process; each commit wakes those who have work."""
    url = settings.database
    if url.startswith("sqlite"):
        return Store(url, mac=vault.seal, after_commit=Waker(settings.run_dir).wake)
    return Store(url, mac=vault.seal, wake=jobs.defer, before_commit=_notify)


def _notify(tx: Tx, hints: frozenset[str]) -> None:
    notify(tx, hints | {"web"})
