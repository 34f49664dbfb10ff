"""A tab that nobody looks at rings, pops and counts as the one in sight does.

That it is hidden is told to the page as a browser tells it; the browser's own slowing down of
hidden pages' timers is not part of this. A stream that pauses in a hidden tab brings nothing, ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.handling.alarms import operating
from tests.integration.web.desks.test_desk import on_shift
from tests.integration.web.kit.test_browser import log_in
from tests.integration.web.kit.test_sounds_in_browser import LISTEN, SOUND, hears, silence, tones
from tests.support.stations.full_station import FullStation
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, WebProcess]
HIDE = """() => {
  Object.defineProperty(document, "hidden", { get: () => true });
  Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
CALLER = "+33639981001"  # the keyholder's


@pytest.fixture
def web(tmp_path: Path, page: Page) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    on_shift(station)
    station.site(name="Boulangerie")
    page.add_init_script(LISTEN)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


@pytest.mark.timeout(120)
def test_a_hidden_tab_counts_sounds_rings_and_pops(page: Page, web: Web) -> None:
    station, process = web
    log_in(page, process)
    page.evaluate(HIDE)
    assert page.evaluate("document.hidden")
    expect(page).to_have_title("Console · Callflow")
    row = station.alarm("1001", code="FA")
    expect(page).to_have_title(re.compile(r"^\(1\) Console"))
    hears(page, *SOUND[1])
    station.do(lambda tx: operating.claim(tx, row.id, NAME, clock.now()))
    expect(page.locator(f"#i-{row.id}.own")).to_have_count(1)
    silence(page)

    full = FullStation(station)
    full.rings_for(NAME, full.waits(CALLER))
    expect(page.locator("#pop")).to_contain_text("Anne Le Goff")
    expect(page.locator("#pop")).to_contain_text("Boulangerie")
    hears(page, 440, 480)
    rung = [tone for tone in tones(page) if tone["hertz"] in (440, 480)]
    assert len(rung) == 2
    full.ends_calls()
    expect(page.locator("#pop")).to_be_hidden()
    assert page.evaluate("document.hidden")
