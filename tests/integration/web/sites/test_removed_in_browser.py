"""Somebody removes a zone by mistake and brings it back, in French and in English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.integration.web.kit.test_browser import log_in, violations
from tests.support.rows.documents import site_document
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, WebProcess]
#: What the page calls it: because, remove, removed, bring back, saved.
COLON = {"fr": " :", "en": ":"}
WORDS = {
    "fr": ("Motif", "Retirer", "Retiré", "Rétablir", "Enregistré."),
    "en": ("Because", "Remove", "Removed", "Bring back", "Saved."),
}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.ADMINISTRATOR)
    named = (("3", "Hall d'entrée"), ("7", "Quai"))
    zones = [{"account": "1001", "zone": zone, "name": name} for zone, name in named]
    station.site("1001", zones=zones)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def zones(station: WebStation) -> list[str]:
    site = station.store.read_now(lambda tx: site_document(tx, "1001"))
    assert site is not None
    return [zone["name"] for zone in site["zones"]]


@pytest.mark.deep
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_zone_removed_by_mistake_is_brought_back(page: Page, web: Web, language: str) -> None:
    station, process = web
    because, remove, removed, again, saved = WORDS[language]
    log_in(page, process)
    at = f"{process.url}/sites/1001/edit/panels?lang={language}"
    page.goto(f"{at}&row=zones:1001/3")
    card = page.locator("#zones")
    button = card.get_by_role("button", name=f"{remove}{COLON[language]} 3")
    button.click()
    expect(card.get_by_label(because)).to_be_focused()  # the browser asks for the reason
    assert zones(station) == ["Hall d'entrée", "Quai"]
    card.get_by_label(because).fill("Capteur en panne")
    card.get_by_label(because).press("Enter")
    expect(page.locator("#zones .made")).to_have_text(saved)
    assert zones(station) == ["Quai"]
    gone = page.get_by_role("region", name=removed)
    line = gone.get_by_role("listitem")
    expect(line).to_contain_text("3 · Hall d'entrée · 1001")
    expect(line).to_contain_text(f"{NAME} · Capteur en panne")
    assert violations(page) == []
    page.set_viewport_size({"width": 900, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    line.get_by_role("button", name=again).press("Enter")
    expect(page.locator("#zones .made")).to_have_text(saved)
    expect(gone).to_have_count(0)
    assert zones(station) == ["Hall d'entrée", "Quai"]
