"""An administrator of a demo: at a browser, or, where pages are not what is tried, at forms."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator

from playwright.async_api import Page, async_playwright

from tests.support.pages.browser import FLAGS, NAMES
from tests.support.pages.visitors import FarPerson
from tests.support.stations.station import Station

#: Who administers a demo.
USER, PASSWORD = "demo", "callflow-demo"


@contextlib.asynccontextmanager
async def administrator(station: Station, where: str) -> AsyncIterator[Page]:
    """Their page, at an address of the station's."""
    async with async_playwright() as playwright:
        program = next(path for name in NAMES if (path := shutil.which(name)))
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        page = await browser.new_page(locale="fr-FR")
        await page.goto(f"{station.url}/login")
        await page.fill("input[name=name]", USER)
        await page.fill("input[name=password]", PASSWORD)
        await page.click("button.primary")
        await page.wait_for_url(f"{station.url}/")
        await page.goto(f"{station.url}{where}")
        yield page
        await browser.close()


@contextlib.asynccontextmanager
async def administrator_of_forms(station: Station) -> AsyncIterator[FarPerson]:
    """Who reads pages and sends their forms."""
    person = FarPerson(station.url, USER)
    async with person.client:
        assert (await person.log_in(PASSWORD)).status_code == 303
        yield person
