"""One station for all desks: operators without a browser and with one, phones at the other end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.phones.phone import Phones, phones_of
from tests.support.stations.desk import Desks, desks_of
from tests.support.stations.operators import Operators, operators_of
from tests.support.stations.station import Station, patient_station


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Station]:
    cameras = {"CALLFLOW_CAMERA_NETWORKS": '["127.0.0.0/8"]'}
    async with patient_station(tmp_path_factory.mktemp("station"), cameras) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="package")
async def phones(station: Station, tmp_path: Path) -> AsyncIterator[Phones]:
    (tmp_path / "phones").mkdir()
    async with phones_of(station, tmp_path / "phones") as handed_out:
        yield handed_out


@pytest_asyncio.fixture(loop_scope="package")
async def desks(station: Station, tmp_path: Path) -> AsyncIterator[Desks]:
    async with desks_of(station, tmp_path) as handed_out:
        yield handed_out
        await handed_out.close_what_is_open()


@pytest_asyncio.fixture(loop_scope="package")
async def operators(station: Station, tmp_path: Path) -> AsyncIterator[Operators]:
    async with operators_of(station, tmp_path) as handed_out:
        yield handed_out
