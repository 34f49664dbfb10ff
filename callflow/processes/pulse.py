"""The pulse of each role: its event loop tells the supervisor, again and again, that it turns.

A process that hangs lives: nobody begins another, and nobody else has its place. So the supervisor
ends it. What is said goes by datagrams: a disk that hangs stops nobody's pulse.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from callflow.dispatch.wake import address

#: Seconds between two beats, and between two looks of the supervisor.
EVERY = 2.0
_SUPERVISOR = "supervisor"


async def beat(run_dir: Path) -> None:
    """This process's, until cancelled."""
    supervisor = str(address(run_dir, _SUPERVISOR))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        while True:
            with contextlib.suppress(OSError):  # nobody supervises it, or is busy
                line.sendto(b"%d" % os.getpid(), supervisor)
            await asyncio.sleep(EVERY)


class Pulses:
    """A context: what the supervisor of a folder hears, by process ids."""

    def __init__(self, run_dir: Path) -> None:
        self._path = address(run_dir, _SUPERVISOR)
        self._missed: dict[int, int] = {}

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)  # of a supervisor that was killed
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.setblocking(False)
        self._line.bind(str(self._path))
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._path.unlink(missing_ok=True)

    def look(self, pids: Iterable[int]) -> Mapping[int, int]:
        """{of these a process that beat once: looks, up to this one, in which it did not}.

        Looks, not seconds: a machine that slept, or a supervisor that was held up, hears nobody
        late.
        """
        heard, before = self._heard(), self._missed
        self._missed = {
            pid: 0 if pid in heard else before[pid] + 1
            for pid in pids
            if pid in heard or pid in before
        }
        return self._missed

    def _heard(self) -> set[int]:
        heard = set[int]()
        with contextlib.suppress(BlockingIOError):
            while True:
                said = self._line.recv(16)
                heard |= {int(said)} if said.isdigit() else set()
        return heard
