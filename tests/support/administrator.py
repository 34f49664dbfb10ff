"""An administrator of a demo at a browser."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator

from playwright.async_api import Page, async_playwright

from tests.support.browser import FLAGS, NAMES
from tests.support.station import Station

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
