"""Another program locks the database for longer than SQLite waits, then lets go of it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.support.outages import ROLES, Outage, Panels, environment, said
from tests.support.product import Product

#: Longer than SQLite's own waiting; a person's run may ask for a minute.
SECONDS = float(os.environ.get("OUTAGE_SECONDS", "14"))


@pytest.mark.timeout(200)
async def test_a_locked_database_acknowledges_nothing_and_is_heard_of(tmp_path: Path) -> None:
    async with Product(tmp_path, environment()) as product, Panels(product) as panels:
        other = sqlite3.connect(tmp_path / "callflow.db", isolation_level=None)
        outage = Outage(product, panels)

        async def begin() -> None:
            other.execute("BEGIN EXCLUSIVE")

        async def end() -> None:
            other.execute("ROLLBACK")

        await outage.lasts(SECONDS, begin, end)
        other.close()
        await panels.stored_once()
        assert len(await outage.told()) == 1
        for role in ROLES:
            lines = said(tmp_path, role, "store.away"), said(tmp_path, role, "store.back")
            assert all(len(found) <= 1 for found in lines), lines
        assert said(tmp_path, "receiver", "store.back")
