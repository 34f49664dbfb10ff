"""A filled station, and its application asked without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.support.web_station import NAME, PASSWORD, WebStation
from web.accounts import Role
from web.app import create_app


@pytest.fixture
def station_url() -> str:
    """Its database: SQLite in its folder, where a test asks for no other."""
    return ""


@pytest.fixture
def station(tmp_path: Path, station_url: str) -> Iterator[WebStation]:
    filled = WebStation(tmp_path, database_url=station_url)
    yield filled
    filled.close()


@pytest.fixture
def app(station: WebStation) -> FastAPI:
    return create_app(station.settings, station.store, station.vault)


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody: no token, no session."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://station"
    ) as client:
        yield client


@pytest.fixture
async def api(station: WebStation, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's program."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://station/api/v1",
        headers={"Authorization": f"Bearer {station.token()}"},
    ) as client:
        yield client


@pytest.fixture
async def operator(station: WebStation, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Claire, logged in."""
    station.user(NAME, Role.OPERATOR)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://station"
    ) as client:
        answer = await client.post("/login", data={"name": NAME, "password": PASSWORD})
        assert answer.status_code == 303
        yield client
