"""Another program locks the database for longer than we wait, or keeps the turn to write."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.outages import ROLES, Outage, Panels, environment, said, the_turn
from tests.support.product import Product

#: Longer than SQLite's own waiting; a person's run may ask for a minute.
SECONDS = float(os.environ.get("OUTAGE_SECONDS", "14"))
Lock = Callable[[Path], AbstractContextManager[None]]


@contextlib.contextmanager
def the_database(file: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("lock", [the_database, the_turn])
async def test_a_locked_database_acknowledges_nothing_and_is_heard_of(
    tmp_path: Path, lock: Lock
) -> None:
    held = contextlib.ExitStack()

    async def begin() -> None:
        held.enter_context(lock(tmp_path / "callflow.db"))

    async def end() -> None:
        held.close()

    async with Product(tmp_path, environment()) as product, Panels(product) as panels:
        outage = Outage(product, panels)
        await outage.lasts(SECONDS, begin, end)
        await panels.stored_once()
        assert len(await outage.told()) == 1
        for role in ROLES:
            lines = said(tmp_path, role, "store.away"), said(tmp_path, role, "store.back")
            assert all(len(found) <= 1 for found in lines), lines
        assert said(tmp_path, "receiver", "store.back")
