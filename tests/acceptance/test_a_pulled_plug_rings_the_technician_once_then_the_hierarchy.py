"""Plugs of a whole station are really pulled, one after the other: each is found within its period,
the technician's phone rings once for it, at the deadline the hierarchy's; plugged in again it is
said to work, the alarm is filed, and nobody's phone rang twice.

(A lost way to a provider has a file of its own, a frozen browser too.)
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.outside.chrony import Chrony
from tests.support.outside.nut import Nut
from tests.support.outside.plugs import held, killed_again_and_again
from tests.support.outside.small_disk import OnSmallDisk, SmallDisk
from tests.support.sip.trunks import NUMBERS, TrunkStation
from tests.support.stations.station import DUTY
from tests.support.stations.technicians import CHIEF, alarms, prepare, rung

#: A role that was killed again and again is believed after ten minutes of rest.
pytestmark = [
    pytest.mark.deep,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(1500),
]
#: The test's own limit is the bound.
LONG = 1400.0
#: Megabytes: no memory is taken before they are written; a station wants 2,000 of them free.
LARGE, CROWDED = 6000, 60
UPS, SILENT = "salle", "beta"


class Plugged(OnSmallDisk, TrunkStation):
    """A station whose disk, battery, clock and trunks are the test's."""

    def __init__(self, disk: SmallDisk, ups: Nut, chrony: Chrony) -> None:
        self.disk, self.ups, self.chrony = disk, ups, chrony
        own = {
            "PATH": chrony.path,
            "CALLFLOW_CLOCK": "chrony",
            "CALLFLOW_UPS": ups.setting(UPS),
            "CALLFLOW_UPS_GRACE": "5",
            "CALLFLOW_CANARY_EVERY": "30",
            "CALLFLOW_HUNG_AFTER": "0",  # the supervisor would begin another: nobody is called
        }
        super().__init__(disk.folder, own)
        trunks = [{"name": name, "machine_number": NUMBERS[name][0]} for name in NUMBERS]
        self.use([{**trunk, "channels": 6, "reserved": 0} for trunk in trunks])

    async def organ(self, name: str) -> dict[str, Any] | None:
        """One organ as ``GET station`` has it."""
        items = (await self.api.get("/station")).json()["items"]
        return next((one for one in items if one["organ"] == name), None)

    async def is_in(self, organ: str, *states: str) -> bool:
        found = await self.organ(organ)
        return found is not None and found["state"] in states


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plugged]:
    folder: Path = tmp_path_factory.mktemp("plugs")
    ups, chrony = Nut(folder / "nut", (UPS,)), Chrony(folder / "chrony")
    with ups.runs(), chrony.runs():
        async with (
            SmallDisk(folder / "disk", megabytes=LARGE) as disk,
            Plugged(disk, ups, chrony) as running,
        ):
            await prepare(running)
            yield running


@contextlib.asynccontextmanager
async def on_battery(station: Plugged) -> AsyncIterator[None]:
    station.ups.says(UPS, ups_status="OB DISCHRG", battery_runtime="1800")
    try:
        yield
    finally:
        station.ups.says(UPS)


@contextlib.asynccontextmanager
async def clock_is_slow(station: Plugged) -> AsyncIterator[None]:
    station.chrony.says(2.5)
    try:
        yield
    finally:
        station.chrony.says(0.0)


@contextlib.asynccontextmanager
async def disk_is_full(station: Plugged) -> AsyncIterator[None]:
    async with station.disk.crowded(CROWDED):
        yield
        await station.disk.fill_up()  # nothing can be written any more, nor told
        await station.until(lambda: station.is_in("database", "failed"), within=LONG)
        await station.disk.empty()


@contextlib.asynccontextmanager
async def trunk_is_silent(station: Plugged) -> AsyncIterator[None]:
    await station.trunk(SILENT, "no_sound_back")
    try:
        yield
    finally:
        await station.trunk(SILENT, "up")


@contextlib.asynccontextmanager
async def receiver_is_stopped(station: Plugged) -> AsyncIterator[None]:
    with held(station.pids("receiver")):
        yield


def receiver_dies(station: Plugged) -> AbstractAsyncContextManager[None]:
    return killed_again_and_again(lambda: station.pids("receiver"))


@dataclass(frozen=True)
class Plug:
    """``vital``: alarms are in danger."""

    organ: str
    pulled: Callable[[Plugged], AbstractAsyncContextManager[None]]
    vital: bool = False


PLUGS = {
    "battery": Plug(f"power:{UPS}", on_battery),
    "clock": Plug("clock", clock_is_slow),
    "silent-trunk": Plug(f"canary:{SILENT}", trunk_is_silent),
    "stopped-process": Plug("process:receiver", receiver_is_stopped, vital=True),
    "full-disk": Plug("disk", disk_is_full, vital=True),
    "dying-process": Plug("process:receiver", receiver_dies, vital=True),
}


@pytest.mark.parametrize("plug", PLUGS.values(), ids=PLUGS)
async def test_a_pulled_plug(station: Plugged, plug: Plug) -> None:
    await station.until(lambda: station.is_in(plug.organ, "ok"), within=LONG)
    before, known = await rung(station), {one["id"] for one in await alarms(station)}

    async def raised() -> list[dict[str, Any]]:
        return [one for one in await alarms(station) if one["id"] not in known]

    async def filed() -> bool:
        return [one["state"] for one in await raised()] == ["filed"]

    def rang(number: str) -> Callable[[], Any]:
        async def once() -> bool:
            return (await rung(station) - before)[number] > 0

        return once

    async with plug.pulled(station):
        await station.until(lambda: station.is_in(plug.organ, "failed"), within=LONG)
        await station.until(rang(DUTY), within=LONG)
        await station.until(rang(CHIEF), within=LONG)
        (alarm,) = await raised()
        assert (alarm["state"], alarm["with_human"]) == ("open", plug.vital)
    await station.until(lambda: station.is_in(plug.organ, "ok"), within=LONG)
    await station.until(filed, within=LONG)
    (alarm,) = await raised()
    first = "ORGAN_VITAL" if plug.vital else "ORGAN_FAILED"
    assert [one["code"] for one in alarm["signals"]] == [first, "ORGAN_BACK"]
    told = await rung(station) - before
    assert told == Counter({DUTY: 1, CHIEF: 1}), "nobody twice, nor anybody else"
