"""A locked database is a red banner and a sound on every open page, until it is over."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.access.users import Role

#: How many tones the page has begun, by its own means, stands on its root element.
LISTEN = """
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) {
  const root = document.documentElement.dataset;
  root.tones = Number(root.tones ?? 0) + 1;
  return start.apply(this, at);
};
"""
#: Milliseconds in which a page says what is so.
PATIENCE = 30_000


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.site("1001", name="Boulangerie")
    station.alarm("1001")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


@pytest.mark.timeout(120)
def test_operators_see_and_hear_that_the_database_is_away(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    console, incident = _two_pages(page, process)
    other = sqlite3.connect(station.settings.data_dir / "callflow.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for shown in (console, incident):
        expect(_banner(shown)).to_be_visible(timeout=PATIENCE)
        expect(_banner(shown)).to_contain_text("les alarmes ne sont pas acquittées")
        assert _banner(shown).get_attribute("role") == "alert"
        _sounds(shown, after=0)
    _sounds(console, after=_tones(console))  # again, and again
    other.execute("ROLLBACK")
    other.close()
    for shown in (console, incident):
        expect(_banner(shown)).to_be_hidden(timeout=PATIENCE)
    expect(console.locator("#feed")).to_contain_text("base de données indisponible pendant")
    _is_silent(console)
    assert not console.locator("#cut").is_visible()


def _two_pages(page: Page, web: WebProcess) -> tuple[Page, Page]:
    page.context.add_init_script(LISTEN)
    page.goto(web.url)
    page.get_by_label("Nom").fill(NAME)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.locator("#list-machine .row, #list-queue .row").first.wait_for()
    second = page.context.new_page()
    second.goto(web.url)
    second.get_by_role("link", name="Boulangerie").first.click()
    second.locator("#incident").wait_for()
    for shown in (page, second):
        expect(_banner(shown)).to_be_hidden()
    return page, second


def _banner(page: Page) -> Locator:
    return page.locator("#store-away")


def _tones(page: Page) -> int:
    return int(page.locator("html").get_attribute("data-tones") or 0)


def _sounds(page: Page, *, after: int) -> None:
    """A further tone begins."""
    more = page.locator(f'html[data-tones]:not([data-tones="{after}"])')
    more.wait_for(timeout=PATIENCE)


def _is_silent(page: Page) -> None:
    """No tone for longer than the pause between two."""
    with pytest.raises(TimeoutError):
        page.locator(f'html:not([data-tones="{_tones(page)}"])').wait_for(timeout=6000)
