"""One station with two trunks, *alpha* before *beta*, for all tests of trunks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.sip.trunks import TrunkStation


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TrunkStation]:
    folder: Path = tmp_path_factory.mktemp("trunks")
    async with TrunkStation(folder) as station:
        yield station


@pytest_asyncio.fixture(loop_scope="package")
async def station(running: TrunkStation) -> TrunkStation:
    """Both trunks are up."""
    for name in ("alpha", "beta"):
        await running.trunk(name, "up")
    return running
