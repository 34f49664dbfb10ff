"""A filled station, and its application asked without a socket."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Error

from tests.support.stations.web_station import NAME, PASSWORD, WebStation
from web.access.users import Role
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
async def app(station: WebStation) -> AsyncIterator[FastAPI]:
    """It ends as the served one does: what it makes is given up before its loop is."""
    made = create_app(station.settings, station.store, station.vault)
    yield made
    await made.state.evidence_files.close()


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


class Kept:
    """A browser's context for one test after the other: what it has loaded and compiled of the
    console's modules need not be again, which takes longer than all else on a page. Stations that
    follow each other have the same address.
    """

    def __init__(self, browser: Browser, arguments: dict[str, Any]) -> None:
        self._browser, self._arguments = browser, arguments
        self._context: BrowserContext | None = None

    def context(self) -> BrowserContext:
        if self._context is None:
            self._context = self._browser.new_context(**self._arguments)
        return self._context

    def clear(self) -> None:
        """Nobody is logged in, nothing is remembered, no page is open."""
        context = self.context()
        for page in context.pages:
            with contextlib.suppress(Error):  # a page that was never gone to has none
                page.evaluate("localStorage.clear()")
            page.close()
        context.unroute_all()
        context.clear_cookies()
        context.clear_permissions()

    def close(self) -> None:
        if self._context is not None:
            self._context.close()
            self._context = None


@pytest.fixture(scope="session")
def kept_context(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Kept]:
    kept = Kept(browser, browser_context_args)
    yield kept
    kept.close()


@pytest.fixture
def context(kept_context: Kept, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """That of ``page``. Scripts that run at the begin of every page belong to a test's own page."""
    failed = request.session.testsfailed
    yield kept_context.context()
    if request.session.testsfailed > failed:
        kept_context.close()  # who knows what state it is in
    else:
        kept_context.clear()
