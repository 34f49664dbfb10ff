"""The disk fills up, then a process stands still: each rings the technician's telephone once, the
hierarchy's at the deadline, and is filed once it is over. While the database is away nobody can be
called: the technician is as soon as it is back, once."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from callflow.clock import monotonic
from tests.support.plugs import held, locked
from tests.support.small_disk import SmallDisk, StationOnSmallDisk
from tests.support.station import DUTY, PATIENCE
from tests.support.technicians import CHIEF, alarms, prepare, rung

pytestmark = pytest.mark.deep

#: A disk with room for a station, and what is left of it.
MEGABYTES, LEFT = 4096, 100
#: Seconds, longer than the database may be away before it is a failure.
AWAY = 75.0
#: The test's own limit is the bound.
LONG = 850.0


@pytest.mark.timeout(900)
async def test_each_pulled_plug_rings_the_technician_once(tmp_path: Path) -> None:
    async with (
        SmallDisk(tmp_path / "disk", megabytes=MEGABYTES) as disk,
        StationOnSmallDisk(disk, PATIENCE) as station,
    ):
        await prepare(station)
        await _rings(station, "disk", "Disque", disk.crowded(LEFT), times=1)
        stopped = _stopped(station.pids("receiver"))
        await _rings(station, "process:receiver", "Frontal", stopped, times=2)
        with locked(station.rows / "callflow.db"):
            begun = monotonic()
            await station.until(lambda: monotonic() - begun > AWAY, within=LONG)
        await _is_told(station, "database", "Base de données", {DUTY: 3, CHIEF: 2})


@contextlib.asynccontextmanager
async def _stopped(pids: list[int]) -> AsyncIterator[None]:
    with held(pids):
        yield


async def _rings(
    station: StationOnSmallDisk,
    organ: str,
    name: str,
    pulled: AbstractAsyncContextManager[None],
    *,
    times: int,
) -> None:
    """``name``: as people read it; ``times``: so often the two have been rung by then."""
    rung_by_then = {DUTY: times, CHIEF: times}

    async def are_rung() -> bool:
        return await rung(station) == rung_by_then

    await station.until(lambda: _is_well(station, organ), within=LONG)
    async with pulled:
        await station.until(are_rung, within=LONG)
        (alarm,) = await alarms(station, organ)
        assert alarm["state"] == "open"
    await _is_told(station, organ, name, rung_by_then)


async def _is_told(
    station: StationOnSmallDisk, organ: str, name: str, rung_by_then: dict[str, int]
) -> None:
    """It works again: that is told, its alarm is filed, and nobody rings for it once more."""

    async def is_filed() -> bool:
        return [one["state"] for one in await alarms(station, organ)] == ["filed"]

    await station.until(is_filed, within=LONG)
    (alarm,) = await alarms(station, organ)
    assert [one["code"] for one in alarm["signals"]] == ["ORGAN_VITAL", "ORGAN_BACK"]
    assert await rung(station) == rung_by_then, "nobody twice, nor anybody else"
    told = [one["text"] for one in await station.logbook() if one["kind"] == "organ"]
    failed, back = [text for text in told if text.startswith(name)]
    assert ("en panne" in failed, "en ordre" in back) == (True, True), told


async def _is_well(station: StationOnSmallDisk, organ: str) -> bool:
    part, _, name = organ.partition(":")
    items = (await station.api.get("/station")).json()["items"]
    found = [one["state"] for one in items if one["part"] == part and name in (one["name"], "")]
    return found == ["ok"]
