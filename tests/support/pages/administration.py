"""The administrator's pages on a real station, photographed for the documentation.

``./run film`` writes each into ``.pictures/administration``. The same pages are an acceptance test:
``Visit`` waits for what each picture shows, so that none can become a lie.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from tests.support.pages.browser import FLAGS, NAMES
from tests.support.pages.film import PLAN, written
from tests.support.rows import sites
from tests.support.stations.desk import PASSWORD
from tests.support.stations.station import Station, patient_station

#: Where the documentation's pictures are.
PICTURES = Path(__file__).resolve().parents[3] / ".pictures" / "administration"
FRAMES = (
    "1-sites",
    "2-semaine",
    "3-consigne",
    "4-qui-est-appele",
    "5-simulation",
    "6-import",
    "7-conservation",
    "8-audit",
    "9-mise-en-route",
)
NAME = "Horlogerie Mercier"
_WEEK = {"mon": ["08:00-19:00"], "tue": ["08:00-19:00"], "wed": ["08:00-12:00"]}
#: Two sites in a file, the second of which can't be.
_FILE = """abonné;nom du site;nom du contact;rôle;téléphone
4101;Cave du Mail;Paul Ferrand;dépositaire;06 39 98 54 01
4102;Garage de la Gare;Lise Aubry;dépositaire;06 39 98
"""


class Visit:
    """Somebody who administers a station, from page to page."""

    def __init__(self, station: Station, page: Page, folder: Path) -> None:
        self._station, self._page, self._folder = station, page, folder
        self.account = sites.fresh("A")

    async def all(self) -> None:
        """Each page, with its picture."""
        await self._station.put(f"/plans/{PLAN['id']}", PLAN)
        await sites.put(self._station, self.account, self._site())
        plan = f"/plans/{PLAN['id']}"
        await self._sees("1-sites", "/sites?q=mercier", NAME)
        await self._sees(
            "2-semaine",
            f"/sites/{self.account}/people/{self.account}-camille#h-when",
            "Camille Mercier",
        )
        await self._sees("3-consigne", f"{plan}/edit?step=2", "Liste d'appel")
        await self._sees(
            "4-qui-est-appele",
            f"{plan}/called?site={self.account}&kind=intrusion&when=holiday",
            "Paul Ferrand",
        )
        await self._sees("5-simulation", f"{plan}/simulate?site={self.account}", "Camille Mercier")
        await self._imports("6-import")
        await self._sees("7-conservation", "/settings/retention", "Enregistrements")
        await self._sees("8-audit", "/audit", NAME)
        await self._sees("9-mise-en-route", f"/start?site={self.account}", NAME)

    def _site(self) -> dict[str, object]:
        people = [
            sites.premises(self.account, sites.number(381)),
            sites.contact(
                self.account,
                "Camille Mercier",
                sites.number(382),
                id=f"{self.account}-camille",
                availability={"week": _WEEK, "holidays": {"country": "FR", "open": "closed"}},
            ),
            sites.contact(self.account, "Paul Ferrand", sites.number(383), rank=2),
        ]
        plans = {"intrusion": PLAN["id"]}
        return sites.site(self.account, *people, name=NAME, client="Mercier", plans=plans)

    async def _sees(self, name: str, address: str, what: str) -> None:
        await self._page.goto(f"{self._station.url}{address}")
        await self._photographs(name, what)

    async def _imports(self, name: str) -> None:
        """A file is tried; what is wrong with it stands row by row."""
        await self._page.goto(f"{self._station.url}/site-files")
        file = {"name": "sites.csv", "mimeType": "text/csv", "buffer": _FILE.encode()}
        await self._page.set_input_files("input[type=file]", file)  # type: ignore[arg-type]
        await self._page.locator("form[enctype] button.primary").click()
        await expect(self._page.locator("#h-faults")).to_be_visible(timeout=30_000)
        await self._photographs(name, "trop peu de chiffres")

    async def _photographs(self, name: str, what: str) -> None:
        await expect(self._page.locator("main")).to_contain_text(what)
        await self._page.screenshot(path=self._folder / f"{name}.png", animations="disabled")


@contextlib.asynccontextmanager
async def visit(station: Station, folder: Path) -> AsyncIterator[Visit]:
    """An administrator of their own, in a browser."""
    add = ("user", "add", "odile", "--role", "administrator", "--password-stdin")
    await station.cli(*add, typed=PASSWORD)
    program = next(path for name in NAMES if (path := shutil.which(name)))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        page = await browser.new_page(
            locale="fr-FR",
            timezone_id="Europe/Paris",
            viewport={"width": 1440, "height": 1080},
            color_scheme="dark",
            ignore_https_errors=True,
        )
        await page.goto(f"{station.url}/login")
        await page.fill("input[name=name]", "odile")
        await page.fill("input[name=password]", PASSWORD)
        await page.click("button.primary")
        await expect(page.locator("[data-clock]")).to_have_text(re.compile(r"\d\d:"))
        await page.wait_for_load_state()
        yield Visit(station, page, folder)
        await browser.close()


async def main(to: Path) -> None:
    """Visit a station of its own, and write the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        async with (
            patient_station(Path(folder) / "station") as station,
            visit(station, pictures) as visited,
        ):
            await visited.all()
        await asyncio.to_thread(written, pictures, to)


if __name__ == "__main__":
    asyncio.run(main(PICTURES))
