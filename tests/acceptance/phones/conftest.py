"""One station for all conversations, whose queue doesn't ring by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.phones.phone import Phones, phones_of
from tests.support.phones.together import Conversations, chosen
from tests.support.stations.station import Station, patient_station


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Station]:
    often = {"CALLFLOW_ANNOUNCE_EVERY": "6"}
    async with patient_station(tmp_path_factory.mktemp("station"), often) as running:
        yield running


@pytest.fixture(scope="package")
def conversations(
    station: Station, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Conversations:
    folder = tmp_path_factory.mktemp("conversations")
    return Conversations(station, folder, chosen(request.session.items, Path(__file__).parent))


@pytest_asyncio.fixture(loop_scope="package")
async def phones(station: Station, tmp_path: Path) -> AsyncIterator[Phones]:
    async with phones_of(station, tmp_path) as handed_out:
        yield handed_out
