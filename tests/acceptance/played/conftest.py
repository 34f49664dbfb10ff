"""One station whose trunk leads straight to players: every packet of a call is theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.sip.sip_players import Players
from tests.support.stations.played_station import PlayedStation, all_is_over, played_station


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def playing(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[PlayedStation, Players]]:
    async with played_station(tmp_path_factory.mktemp("played")) as both:
        yield both


@pytest_asyncio.fixture(loop_scope="package")
async def played(
    playing: tuple[PlayedStation, Players],
) -> AsyncIterator[tuple[PlayedStation, Players]]:
    yield playing
    await all_is_over(*playing)
