"""kill -9 of the receiver: what was acknowledged is stored, and stored once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import sys
from collections import Counter
from pathlib import Path

import pytest

from callflow.probes.panel import NoAnswerError, PanelClient
from callflow.vault import Vault
from tests.integration.receiver.conftest import HOST
from tests.support.rows.migrated import migrate
from tests.support.suite.ports import free_port

KILLS, PANELS = 5, 20
ROLE = """
import asyncio
from callflow.settings.config import Settings
from callflow.receiver import process
asyncio.run(process.serve(Settings()))
"""


async def start(data: Path, port: int) -> asyncio.subprocess.Process:
    """The receiver's process, once its port answers."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ROLE),
        env={
            **os.environ,
            "CALLFLOW_DATA_DIR": str(data),
            "CALLFLOW_DC09_PORT": str(port),
            "CALLFLOW_SURGARD_PORT": str(free_port()),
            "CALLFLOW_DC07_PORT": str(free_port()),
        },
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, port)
                writer.close()
                return process
            assert process.returncode is None
            await asyncio.sleep(0.05)


async def panel(port: int, account: str, acknowledged: set[tuple[str, str]]) -> None:
    """Events one after the other, each sent again until it is acknowledged."""
    async with PanelClient(HOST, port, account, attempts=100, answer_within=1.0) as client:
        for number in range(10_000):
            with contextlib.suppress(NoAnswerError):
                await client.send("BA", f"{number:05}")
                acknowledged.add((account, f"{number:05}"))


async def works(acknowledged: set[tuple[str, str]]) -> None:
    """Returns once as many more were acknowledged as there are panels."""
    before = len(acknowledged)
    while len(acknowledged) < before + PANELS:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path, deep_run: bool) -> None:
    kills = KILLS if deep_run else 1
    seed = int(os.environ.get("CALLFLOW_TEST_SEED", random.randrange(1 << 32)))
    print(f"CALLFLOW_TEST_SEED={seed}")
    chance = random.Random(seed)
    migrate(f"sqlite:///{tmp_path / 'callflow.db'}")
    Vault(tmp_path / "keys")
    port = free_port()
    acknowledged: set[tuple[str, str]] = set()
    process = await start(tmp_path, port)
    panels = [asyncio.create_task(panel(port, f"{1000 + n}", acknowledged)) for n in range(PANELS)]
    try:
        for _ in range(kills):
            await works(acknowledged)
            await asyncio.sleep(chance.uniform(0.0, 0.4))
            process.kill()
            await process.wait()
            process = await start(tmp_path, port)
        await works(acknowledged)
    finally:
        for task in panels:
            task.cancel()
        await asyncio.gather(*panels, return_exceptions=True)
        process.send_signal(signal.SIGTERM)
        await process.wait()
    with contextlib.closing(sqlite3.connect(tmp_path / "callflow.db")) as db:
        stored = Counter(db.execute("SELECT account, zone FROM signal").fetchall())
    print(f"{len(acknowledged)} acknowledged, {len(stored)} stored, {kills} kills")
    assert len(acknowledged) > kills * PANELS
    assert acknowledged - stored.keys() == set()
    assert [name for name, count in stored.items() if count > 1] == []


pytestmark = pytest.mark.timeout(120)
