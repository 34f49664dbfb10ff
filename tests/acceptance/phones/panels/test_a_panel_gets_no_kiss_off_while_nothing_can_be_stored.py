"""The database is locked: no kiss-off. After it the message, sent again, is stored once."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest

from callflow.core.signals.contact_id import block_keys
from tests.support.outside.panel_phone import fresh_account, panel_at
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.rows.panel_rows import signals_of
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


@contextlib.contextmanager
def locked(station: Station) -> Iterator[None]:
    """Nobody else may write to the database."""
    file = station.data_dir / "callflow.db"
    with contextlib.closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            db.execute("ROLLBACK")


async def test_a_locked_database_has_no_kiss_off_and_the_next_try_is_stored_once(
    station: Station, phones: Phones
) -> None:
    account = fresh_account()
    panel = await panel_at(phones, sites.number(74))
    await panel.calls()
    await panel.hears_handshake()
    assert await panel.delivers(block_keys(account, "1602", "0", "1")) > 0
    keys = block_keys(account, "1302", "7", "1")
    with locked(station):
        assert await panel.delivers(keys, tries=3) == 0
    assert await panel.delivers(keys) > 0
    await panel.hangs_up()

    codes = [s["code"] for s in await signals_of(station, account)]
    assert codes == ["1602", "1302"]
    assert panel.kiss_offs == 2


async def test_a_panel_that_calls_meanwhile_is_taken_when_the_database_is_back(
    station: Station, phones: Phones
) -> None:
    account = fresh_account()
    panel = await panel_at(phones, sites.number(75))
    with locked(station):
        await panel.calls()
        with pytest.raises(TimeoutError):
            await panel.hears_handshake(within=4)
    await panel.hears_handshake()
    assert await panel.delivers(block_keys(account, "1302", "7", "1")) > 0
    await panel.hangs_up()
    assert len(await signals_of(station, account)) == 1
