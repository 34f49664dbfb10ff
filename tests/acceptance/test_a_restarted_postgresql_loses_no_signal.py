"""PostgreSQL stops, stays away, and starts again; then it restarts at once. Nobody else does."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.support.outside.outages import Outage, Panels, environment, said
from tests.support.rows.postgresql import OwnServer
from tests.support.stations.product import Product

SECONDS = float(os.environ.get("OUTAGE_SECONDS", "12"))


@pytest.mark.timeout(240)
async def test_a_restarted_postgresql_loses_no_signal(
    tmp_path: Path, own_postgresql: OwnServer
) -> None:
    settings = environment({"CALLFLOW_DATABASE_URL": own_postgresql.url})

    async def begin() -> None:
        await asyncio.to_thread(own_postgresql.stop)

    async def end() -> None:
        await asyncio.to_thread(own_postgresql.start)

    async with Product(tmp_path, settings) as product, Panels(product) as panels:
        outage = Outage(product, panels)
        await outage.lasts(SECONDS, begin, end)
        assert len(await outage.told()) == 1
        assert len(said(tmp_path, "receiver", "store.back")) == 1
        await outage.unnoticed(own_postgresql.restart)
        await panels.stored_once()
