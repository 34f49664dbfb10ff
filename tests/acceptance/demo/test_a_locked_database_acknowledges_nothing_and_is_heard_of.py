"""Another program locks the database for longer than we wait, or keeps the turn to write."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.outside.outages import ROLES, Outage, Panels, said, the_turn
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

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
    station: Station, lock: Lock
) -> None:
    held = contextlib.ExitStack()
    file = station.data_dir / "callflow.db"

    async def begin() -> None:
        held.enter_context(lock(file))

    async def end() -> None:
        held.close()

    def lines(event: str) -> dict[str, int]:
        return {role: len(said(station.data_dir, role, event)) for role in ROLES}

    async with Panels(station) as panels:
        outage = Outage(station, panels)
        away, back = lines("store.away"), lines("store.back")
        await outage.lasts(SECONDS, begin, end)
        await panels.stored_once()
        assert len(await outage.told()) == 1
        for event, before in (("store.away", away), ("store.back", back)):
            since = {role: said(station.data_dir, role, event)[before[role] :] for role in ROLES}
            assert [lines for lines in since.values() if len(lines) > 1] == []
        assert lines("store.back")["receiver"] == back["receiver"] + 1
