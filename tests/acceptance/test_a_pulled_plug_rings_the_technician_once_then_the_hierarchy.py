"""Plugs of a whole station are really pulled, one after the other: each is found within its period,
the technician's phone rings once for it, at the deadline the hierarchy's; plugged in again it is
said to work, the alarm is filed, and nobody's phone rang twice.

(A lost way to a provider has a file of its own.)
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from callflow import clock
from callflow.demo.station import SimulatedNetwork
from callflow.settings.config import Settings
from tests.support.attacks import chaos
from tests.support.outside.chrony import Chrony
from tests.support.outside.nut import Nut
from tests.support.outside.plugs import held, killed_again_and_again
from tests.support.outside.small_disk import OnSmallDisk, SmallDisk
from tests.support.pages import browser
from tests.support.sip.sip_relay import SipRelay
from tests.support.sip.trunks import NUMBERS, TrunkStation
from tests.support.stations.shifts import PASSWORD, leave, logged_in, take_up
from tests.support.stations.station import DUTY
from tests.support.stations.technicians import CHIEF, alarms, prepare, rung
from tests.support.suite.descendants import descendants
from tests.support.suite.hold_ups import HoldUps

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
#: So long is a station that began let alone: what it judges of itself may be its beginning.
SETTLING = timedelta(seconds=60)
UPS, SILENT, VANISHING = "salle", "beta", "alpha"
OPERATOR, SUPERVISOR = "claire", "chef"


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
            "CALLFLOW_SCREEN_FROZEN": "40",  # the product's own; tests are patient
        }
        super().__init__(disk.folder, own)
        self._network = SimulatedNetwork(Settings(data_dir=disk.seen))
        self.wire = SipRelay(self.base + 80)

    async def start(self) -> None:
        """Behind a wire that can be cut lies one of its trunks."""
        far_ends = {VANISHING: {"address": f"127.0.0.1:{self.wire.port}", "domain": "a.invalid"}}
        room = {"channels": 6, "reserved": 0}
        self.use(
            [
                {"name": name, "machine_number": shown, **room, **far_ends.get(name, {})}
                for name, (shown, _) in NUMBERS.items()
            ]
        )
        await super().start()
        self._began_at = clock.now()

    async def has_settled(self) -> bool:
        return clock.now() >= self._began_at + SETTLING

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
        async with SmallDisk(folder / "disk", megabytes=LARGE) as disk:
            running = Plugged(disk, ups, chrony)
            async with running.wire, running:
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
        await station.until(lambda: has_confirmed(station, CHIEF), within=LONG)
        await station.disk.fill_up()  # nothing can be written any more, nor told
        await station.until(lambda: station.is_in("database", "failed"), within=LONG)
        await station.disk.empty()


async def has_confirmed(station: Plugged, number: str) -> bool:
    """Whoever was called there, and hangs up after that."""
    return all(call["ended_at"] for call in await station.seen(number))


@contextlib.asynccontextmanager
async def trunk_is_silent(station: Plugged) -> AsyncIterator[None]:
    await station.trunk(SILENT, "no_sound_back")
    try:
        yield
    finally:
        await station.trunk(SILENT, "up")


@contextlib.asynccontextmanager
async def trunk_vanishes(station: Plugged) -> AsyncIterator[None]:
    station.wire.cut = True
    try:
        yield
    finally:
        station.wire.cut = False


@contextlib.asynccontextmanager
async def somebody_watches(station: Plugged) -> AsyncIterator[None]:
    """The only operator is on shift, and sits before the console."""
    await station.user(SUPERVISOR, PASSWORD, "supervisor")
    async with (
        settled(station),
        logged_in(station, OPERATOR) as operator,
        async_playwright() as playwright,
    ):
        await take_up(operator)
        chromium = await playwright.chromium.launch(
            executable_path=browser.program(), args=list(browser.FLAGS)
        )
        await opens_the_console(await chromium.new_page(locale="fr-FR"), station)
        yield
        await chromium.close()
        await leave(operator, SUPERVISOR)


async def opens_the_console(page: Page, station: Plugged) -> None:
    await page.goto(station.url)
    await page.get_by_label("Nom").fill(OPERATOR)
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.get_by_role("button", name="Se connecter").click()
    await expect(page.get_by_role("heading", name="File des opérateurs")).to_be_visible()


@contextlib.asynccontextmanager
async def browser_is_frozen(_: Plugged) -> AsyncIterator[None]:
    """It draws nothing any more, and its connections live."""
    begun = descendants(os.getpid())
    with held([pid for pid, command in begun if "--type=renderer" in command]):
        yield


@contextlib.asynccontextmanager
async def receiver_is_stopped(station: Plugged) -> AsyncIterator[None]:
    with held(station.pids("receiver")):
        yield


def receiver_dies(station: Plugged) -> AbstractAsyncContextManager[None]:
    return killed_again_and_again(lambda: station.pids("receiver"))


@contextlib.asynccontextmanager
async def settled(station: Plugged) -> AsyncIterator[None]:
    await station.until(station.has_settled, within=LONG)
    yield


@contextlib.asynccontextmanager
async def nothing_else(_: Plugged) -> AsyncIterator[None]:
    yield


#: The codes of an alarm's begin and of its end.
FAILED, VITAL, TRUNK = (
    ("ORGAN_FAILED", "ORGAN_BACK"),
    ("ORGAN_VITAL", "ORGAN_BACK"),
    ("TRUNK_DOWN", "TRUNK_BACK"),
)


@dataclass(frozen=True)
class Plug:
    """``found_within`` so many seconds is it an alarm; one that an operator has at once unless it
    only ``FAILED``. ``there``: what must be there to be pulled."""

    organ: str
    pulled: Callable[[Plugged], AbstractAsyncContextManager[None]]
    found_within: float
    codes: tuple[str, str] = FAILED
    there: Callable[[Plugged], AbstractAsyncContextManager[None]] = settled


#: What the station judges of itself must last, for 30 s, what begins again by itself for 60; a
#: silent trunk is believed at the second of its calls, each half a minute after the one before.
PLUGS = {
    "battery": Plug(f"power:{UPS}", on_battery, 30, there=nothing_else),  # read: an alarm at once
    "clock": Plug("clock", clock_is_slow, 110),
    "silent-trunk": Plug(f"canary:{SILENT}", trunk_is_silent, 240),
    "vanished-trunk": Plug(f"trunk:{VANISHING}", trunk_vanishes, 30, TRUNK),
    "frozen-browser": Plug(
        f"screen:{OPERATOR}", browser_is_frozen, 60, VITAL, there=somebody_watches
    ),
    "stopped-process": Plug("process:receiver", receiver_is_stopped, 110, VITAL),
    "full-disk": Plug("disk", disk_is_full, 60, VITAL),
    "dying-process": Plug("process:receiver", receiver_dies, 180, VITAL),
}


@pytest.mark.parametrize("plug", PLUGS.values(), ids=PLUGS)
async def test_a_pulled_plug(station: Plugged, plug: Plug, hold_ups: HoldUps) -> None:
    async with plug.there(station):
        await _pulled(station, plug, hold_ups)


async def _pulled(station: Plugged, plug: Plug, hold_ups: HoldUps) -> None:
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

    pulled_at = clock.now()
    async with plug.pulled(station):
        await station.until(lambda: station.is_in(plug.organ, "failed"), within=LONG)
        await station.until(rang(DUTY), within=LONG)
        await station.until(rang(CHIEF), within=LONG)
        (alarm,) = await raised()
        found_at = datetime.fromisoformat(alarm["opened_at"])
        took = chaos.wait(hold_ups.parts(), pulled_at, found_at)
        print(f"{plug.organ} found {took:.1f} s after, by the clock {found_at - pulled_at}")
        assert took <= plug.found_within
        assert (alarm["state"], alarm["with_human"]) == ("open", plug.codes != FAILED)
    await station.until(lambda: station.is_in(plug.organ, "ok"), within=LONG)
    await station.until(filed, within=LONG)
    (alarm,) = await raised()
    assert tuple(one["code"] for one in alarm["signals"]) == plug.codes
    told = await rung(station) - before
    assert told == Counter({DUTY: 1, CHIEF: 1}), "nobody twice, nor anybody else"
