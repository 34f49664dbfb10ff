"""One station whose first trunk leads to a carrier that a test plays itself, and whose second one
leads to the simulated network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.attacks.hostile import Carrier, CarrierStation
from tests.support.phones.phone import Phones, phones_of


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CarrierStation]:
    station = CarrierStation(tmp_path_factory.mktemp("sip"))
    async with station.carrier, station:
        await station.reachable()
        yield station


@pytest_asyncio.fixture(loop_scope="package")
async def station(running: CarrierStation) -> CarrierStation:
    return running


@pytest_asyncio.fixture(loop_scope="package")
async def carrier(running: CarrierStation) -> AsyncIterator[Carrier]:
    """It has seen nothing yet, and is as honest again when the test is over."""
    running.carrier.forget()
    yield running.carrier
    running.carrier.answers.clear()


@pytest_asyncio.fixture(loop_scope="package")
async def phones(station: CarrierStation, tmp_path: Path) -> AsyncIterator[Phones]:
    async with phones_of(station, tmp_path) as handed_out:
        yield handed_out
