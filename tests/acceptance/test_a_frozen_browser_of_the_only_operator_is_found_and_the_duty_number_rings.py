"""The only operator's browser draws nothing any more, while its connection lives: within a minute
that is a vital alarm, and the duty number rings at the network; drawing again ends it.
"""

from __future__ import annotations

import os
import shutil
import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from callflow import clock
from callflow.demo import sites
from tests.support.pages.browser import FLAGS, NAMES
from tests.support.stations.shifts import PASSWORD, logged_in, take_up
from tests.support.stations.station import Station
from tests.support.suite.descendants import descendants

pytestmark = pytest.mark.deep

DUTY = sites.DUTY_NUMBERS[0]
NAME = "claire"
SETTINGS = {"CALLFLOW_RING_TIME": "6", "CALLFLOW_SCREEN_FROZEN": "40"}  # the product's own


async def test_a_frozen_browser_brings_the_duty_number(tmp_path: Path) -> None:
    async with Station(tmp_path, SETTINGS) as station:
        for number in sites.DESK_PHONES:
            await station.phone(number, "ring")
        await station.phone(DUTY, "answer", after_s=1, keys="w1")
        async with logged_in(station, NAME) as claire, async_playwright() as playwright:
            await take_up(claire)
            program = next(path for name in NAMES if (path := shutil.which(name)))
            browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
            page = await browser.new_page(locale="fr-FR")
            await opens_the_console(page, station)
            await station.until(lambda: screen(station, "ok"))
            stopped_at = clock.now()
            renderers = [pid for pid, line in descendants(os.getpid()) if "--type=renderer" in line]
            send(renderers, signal.SIGSTOP)
            try:
                await station.until(lambda: alarm(station), within=120)
                (found,) = await alarm(station)
                found_at = datetime.fromisoformat(found["opened_at"])
                assert found_at - stopped_at < timedelta(seconds=60)
                assert (found["category"], found["with_human"]) == ("vital", True)
                await station.until(lambda: station.seen(DUTY), within=180)
            finally:
                send(renderers, signal.SIGCONT)
            await station.until(lambda: screen(station, "ok"), within=120)
            await browser.close()


async def opens_the_console(page: Page, station: Station) -> None:
    await page.goto(station.url)
    await page.get_by_label("Nom").fill(NAME)
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.get_by_role("button", name="Se connecter").click()
    await expect(page.get_by_role("heading", name="File des opérateurs")).to_be_visible()


async def screen(station: Station, state: str) -> bool:
    """Whether the operator's screen is an organ in this state."""
    items = (await station.api.get("/station")).json()["items"]
    return any(one["part"] == "screen" and one["state"] == state for one in items)


async def alarm(station: Station) -> list[dict[str, Any]]:
    return [one for one in await station.incidents() if one["kind"] == "organ"]


def send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)
