"""Plugs that a test pulls, each for as long as its context lasts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path


@contextlib.contextmanager
def held(pids: Sequence[int]) -> Iterator[None]:
    """They live, and do nothing."""
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextlib.asynccontextmanager
async def killed_again_and_again(pids: Callable[[], Sequence[int]]) -> AsyncIterator[None]:
    """Whoever takes their place dies, too."""

    async def kill() -> None:
        while True:
            for pid in pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(1)

    killing = asyncio.create_task(kill())
    try:
        yield
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Somebody else has it, and does not let go."""
    other = sqlite3.connect(database, isolation_level=None, timeout=60)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()
