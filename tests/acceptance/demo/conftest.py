"""The demo as it begins for anybody: what it shows, what people do beside it, whatever of it dies.

One station for all; a test has sites and numbers of its own, but for the one of the demo's sites.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.stations.station import Station


class Demo(Station):
    """``beating`` is the port of the line whose heartbeats are looked after."""

    forks = False  # it begins as it does for anybody

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.beating = self.base + 12
        lines = [
            {"name": "surgard", "protocol": "surgard"},
            {"name": "dc07", "protocol": "dc07"},
            {"name": "mlr2", "protocol": "surgard", "listen": self.beating, "heartbeat": 1},
        ]
        self.environment["CALLFLOW_LINES"] = json.dumps(lines)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    async with Demo(tmp_path_factory.mktemp("demo")) as station:
        yield station


@pytest_asyncio.fixture(loop_scope="package")
async def station(running: Demo) -> AsyncIterator[Demo]:
    """It runs; what is left of a test is a human's, for whom nothing rings in the next one."""
    await running.begun()
    yield running
    await running.begun()
    for incident in await running.incidents(state="open"):
        if incident["holder"] is None:
            await running.api.post(f"/incidents/{incident['id']}/claim")
