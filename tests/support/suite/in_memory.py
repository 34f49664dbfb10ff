"""Where a run keeps what its tests write: in memory, where the machine has room for it.

A fifth of what a test with a database costs is the disk's. What a process wrote that is killed is
there as it is on a disk; what a machine keeps that loses its power, no test here can tell from
either, and benchmarks and soaks, which tell what a disk costs, have one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
#: Bytes that have to be free in it: eight units have less than two billion there at a time.
_ROOM = 6_000_000_000
#: Tells the processes of a whole run; what runs without one keeps to the system's place.
_TOLD = "CALLFLOW_TEST_PLACE"


def choose() -> None:
    """For this process, and for all that it begins."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM:
        os.environ[_TOLD] = str(_MEMORY)


def new_folder(kind: str) -> Path:
    """A new one, whose name tells which process it is of. Those of processes that were killed go:
    in memory nobody else would make room."""
    place = Path(os.environ.get(_TOLD) or tempfile.gettempdir())
    for folder in place.glob(f"{kind}-*-*"):
        owner = folder.name.removeprefix(f"{kind}-").split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{kind}-{os.getpid()}-", dir=place))
