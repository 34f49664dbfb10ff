"""The web while its database can't even be read: it says so, to whom it let in before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.engine.upgrade import upgrade
from callflow.vault import Vault
from tests.support.pages.verdicts import of_metrics
from tests.support.rows.postgresql import OwnServer
from web.access.users import Role, create_token
from web.app import create_app
from web.store_watch import AT_ONCE


@pytest.fixture
async def store(own_postgresql: OwnServer, tmp_path: Path) -> AsyncIterator[Store]:
    upgrade(own_postgresql.url)
    store = Store(own_postgresql.url, mac=Vault(tmp_path / "keys").seal)
    yield store
    await asyncio.to_thread(store.close)


async def test_health_is_said_from_memory_to_whom_it_was_said_before(
    store: Store, own_postgresql: OwnServer, tmp_path: Path
) -> None:
    def tokens() -> list[str]:
        return [
            store.write_now(lambda tx: create_token(tx, Role.READER, "essai", clock.now()))
            for _ in range(2)
        ]

    known, unknown = ({"Authorization": f"Bearer {t}"} for t in await asyncio.to_thread(tokens))
    app = create_app(Settings(data_dir=tmp_path), store, Vault(tmp_path / "keys"))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://station") as web:
        before = (await web.get("/api/v1/health", headers=known)).json()
        assert before["database"] == {"writable": True, "since": None, "reason": ""}
        await asyncio.to_thread(own_postgresql.stop)
        answer = await web.get("/api/v1/health", headers=known)
        assert answer.status_code == 200
        said = answer.json()
        assert (said["status"], said["database"]["writable"]) == ("failed", False)
        assert said["asterisk"] == before["asterisk"]
        assert (await web.get("/api/v1/health", headers=unknown)).status_code == 503
        assert said["as_of"] == before["as_of"]
        metrics = of_metrics((await web.get("/metrics")).text)
        assert (metrics.status, metrics.ill["database"]) == ("failed", "failed")
        ready = await web.get("/readyz")
        assert (ready.status_code, ready.json()["database"]) == (503, False)
        await asyncio.to_thread(own_postgresql.start)
        assert (await web.get("/api/v1/health", headers=unknown)).json()["database"]["writable"]


async def test_a_database_that_hangs_is_said_within_a_second(
    app: FastAPI, api: httpx.AsyncClient, stranger: httpx.AsyncClient, monkeypatch: Any
) -> None:
    """It may only be slow: nobody knows, until a write fails too."""
    assert 2 * AT_ONCE < 1, "who asks, and how it is"
    before = (await api.get("/health")).json()
    assert before["organs"][0]["state"] == "ok"

    async def hangs(*_: object, **__: object) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(app.state.station.store, "read", hangs)
    async with asyncio.timeout(10):
        said = (await api.get("/health")).json()
        metrics = of_metrics((await stranger.get("/metrics")).text)
    assert said["as_of"] == before["as_of"]
    assert (said["organs"][0]["organ"], said["organs"][0]["state"]) == ("database", "unknown")
    assert metrics.ill["database"] == "unknown"
    assert (said["status"], metrics.status) == (before["status"], before["status"])
