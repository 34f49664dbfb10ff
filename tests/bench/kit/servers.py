"""What ``ingest`` compares Callflow's receiver with, each a process of its own.

``python -m tests.bench.kit.servers VARIANT PORT DATA_DIR ACCOUNTS``: serves DC-09 until SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from callflow import clock
from callflow.commands.role import spare_the_collector
from callflow.core.signals.signal import Signal
from callflow.handling.base import storing
from callflow.niceness import take_place
from callflow.receiver import Receiver
from callflow.receiver.intake import Store as Save
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.engine import store as store_module
from callflow.storage.engine.upgrade import upgrade


def no_disk(_: Path) -> Save:
    """The same server, which keeps nothing."""

    async def save(signals: Sequence[Signal]) -> None:
        """Said to be stored."""

    return save


def commit_each(data_dir: Path) -> Save:
    """The same server with a commit for each signal, and without the writer's pause."""
    store_module._PAUSE = 0.0
    url = f"sqlite:///{data_dir / 'callflow.db'}"
    upgrade(url)
    store = Store(url, mac=str)

    async def save(signals: Sequence[Signal]) -> None:
        for one in signals:
            await store.write(partial(storing.store_signals, signals=[one]))

    return save


async def serve_receiver(save: Save, port: int) -> None:
    """Callflow's receiver on another store."""
    receiver = Receiver(
        Settings(dc09_port=port),
        store=save,
        heard=lambda account, at: None,
        key_of=lambda account: None,
        clock=clock.now,
    )
    await receiver.serve()


async def serve_pysiaalarm(port: int, accounts: int) -> None:
    """pysiaalarm's own asynchronous server; it acknowledges before anybody stores."""
    from pysiaalarm.account import SIAAccount  # noqa: PLC0415 (the other variants don't need it)
    from pysiaalarm.aio.client import SIAClient  # noqa: PLC0415

    async def forget(_: Any) -> None:
        """It calls this after its acknowledgement."""

    day = (86400, 86400)  # the frames are made once, for all servers
    known = [SIAAccount(account(place), allowed_timeband=day) for place in range(accounts)]
    client: Any = SIAClient("127.0.0.1", port, known, forget)  # type: ignore[abstract]
    await client.async_start()
    await asyncio.get_running_loop().create_future()


def account(place: int) -> str:
    """The account of a connection: hexadecimal digits, as pysiaalarm wants them."""
    return f"{0xA000 + place:04X}"


async def _main(variant: str, port: int, data_dir: Path, accounts: int) -> None:
    # As the receiver's own process is: in front of the panels, its garbage seldom looked for.
    take_place("receiver")
    spare_the_collector()
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    if variant == "pysiaalarm":
        await serve_pysiaalarm(port, accounts)
    else:
        save = {"no-disk": no_disk, "commit-each": commit_each}[variant](data_dir)
        await serve_receiver(save, port)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        asyncio.run(_main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])))
    except asyncio.CancelledError:
        sys.exit(0)
