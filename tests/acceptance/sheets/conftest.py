"""One station for the instruction sheets and for whatever else plans do: letters and phones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.sip.far_ends import MailServer
from tests.support.stations.sheet_station import SheetStation


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SheetStation]:
    folder: Path = tmp_path_factory.mktemp("sheets")
    async with MailServer() as mails, SheetStation(folder, mails) as running:
        yield running
