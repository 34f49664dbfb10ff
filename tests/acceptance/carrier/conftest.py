"""One station, registered with a carrier of another make, for all tests of carriers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.sip.kamailio import Kamailio
from tests.support.sip.name_server import NameServer
from tests.support.stations.carrier_station import Gateway, RegisteredStation
from tests.support.suite.ports import free_port


@dataclass(kw_only=True)
class Ends:
    """The station, its carrier, and where calls beyond it ring."""

    station: RegisteredStation
    carrier: Kamailio
    gateway_port: int
    folder: Path


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def ends(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ends]:
    folder = tmp_path_factory.mktemp("carrier")
    gateway = free_port()
    async with (
        NameServer(free_port()) as names,
        Kamailio(folder=folder, gateway=gateway, granted=20) as carrier,
    ):
        station = RegisteredStation(tmp_path_factory.mktemp("station"), names, carrier.port)
        station.found_at(carrier)
        async with station:
            await station.until(station.is_registered)
            yield Ends(station=station, carrier=carrier, gateway_port=gateway, folder=folder)


@pytest_asyncio.fixture(loop_scope="package")
async def station(ends: Ends) -> RegisteredStation:
    await ends.station.until(ends.station.is_registered)
    return ends.station


@pytest_asyncio.fixture(loop_scope="package")
async def carrier(ends: Ends) -> Kamailio:
    return ends.carrier


@pytest_asyncio.fixture(loop_scope="package")
async def gateway(ends: Ends, tmp_path: Path) -> AsyncIterator[Gateway]:
    at = f"{ends.carrier.host}:{ends.carrier.port}"
    phone = Gateway(ends.station, "33639981234", tmp_path, registrar=at, port=ends.gateway_port)
    await phone.start()
    yield phone
    await phone.stop()
    await ends.station.until(ends.station.is_quiet)
