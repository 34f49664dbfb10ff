"""Programs that a process begins and speaks with through pipes."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import Process


async def converse(
    child: Process, given: bytes, *, most: int, said: int = -1
) -> tuple[bytes | None, bytes]:
    """(what it writes, given ``given``; what it says of it on its other output).

    None: it wrote more than ``most`` bytes, and is killed. ``said``: of what it says so many bytes
    at most, -1: all of it.
    """
    stdin, stdout, stderr = child.stdin, child.stdout, child.stderr
    assert stdin is not None
    assert stdout is not None
    assert stderr is not None
    async with asyncio.TaskGroup() as group:
        group.create_task(_feed(stdin, given))
        heard = group.create_task(stderr.read(said))
        made = bytearray()
        while len(made) <= most and (piece := await stdout.read(65_536)):
            made += piece
        if len(made) > most:
            _kill(child)
    return bytes(made) if len(made) <= most else None, heard.result()


async def _feed(stdin: asyncio.StreamWriter, given: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # why it listens no more, it says by itself
        stdin.write(given)
        await stdin.drain()
        stdin.close()


async def end(child: Process) -> None:
    """Kill it, and wait until it is gone. Nobody else may be reading what it says.

    That is read to its end first: asyncio tells of no end while a pipe is full that nobody reads
    (``Process.wait``, python/cpython#119710), and whoever waited so would wait for ever.
    """
    _kill(child)
    await child.communicate()
    if child.stdin is not None:  # what it never read is given up at a turn of the loop after this
        with contextlib.suppress(ConnectionError):
            await child.stdin.wait_closed()


def _kill(child: Process) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended
        child.kill()
