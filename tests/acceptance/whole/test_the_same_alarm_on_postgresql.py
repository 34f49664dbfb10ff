"""The whole product on PostgreSQL: the same alarm makes the same phones ring."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stations.station import Station


@pytest.mark.deep
async def test_the_same_alarm_on_postgresql(tmp_path: Path, empty_postgresql_url: str) -> None:
    async with Station(tmp_path, {"CALLFLOW_DATABASE_URL": empty_postgresql_url}) as station:
        process = await station._spawn("demo", "--once", "1001")
        assert await process.wait() == 0
        process = await station._spawn("demo", "--once", "1009")
        assert await process.wait() == 0
        assert not (tmp_path / "callflow.db").exists()
        verified = await station._spawn("logbook", "verify")
        assert await verified.wait() == 0
