"""Programs that a process begins and speaks with through pipes: their end."""

from __future__ import annotations

import contextlib
from asyncio.subprocess import Process


async def end(child: Process) -> None:
    """Kill it, and wait until it is gone. Nobody else may be reading what it says.

    That is read to its end first: asyncio tells of no end while a pipe is full that nobody reads
    (``Process.wait``, python/cpython#119710), and whoever waited so would wait for ever.
    """
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    await child.communicate()
