"""What a benchmark leaves running, known by a variable that its processes inherit (``/proc``)."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

#: Seconds in which what was told to end may do so.
MOMENT = 3.0


def running(mark: str) -> dict[int, str]:
    """{process id: its command} of those whose environment has ``mark`` (``NAME=value``).

    A process that has ended and that nobody waited for runs no more.
    """
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(folder.name)] = command.decode("utf-8", "replace").strip()[:80]
    return found


def end(mark: str) -> list[str]:
    """Ends what is still running after a moment, and says what it was."""
    until = time.monotonic() + MOMENT
    while (left := running(mark)) and time.monotonic() < until:
        time.sleep(0.1)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return [f"{command} ({pid})" for pid, command in left.items()]
