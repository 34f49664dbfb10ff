"""A storm's sites handled together, by keyboard alone; what is vital among them stays alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import Category
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

SITES = [str(number) for number in range(3001, 3022)]
Web = tuple[WebStation, WebProcess]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A power cut at 21 sites, one of whose incidents somebody raised to vital; and a fire."""
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    for site in SITES:
        station.site(site, name=f"Magasin {site}")
        station.alarm(site, "AT", "")
    station.alarm(SITES[0], "FA", "3")
    station.do(lambda tx: incidents.change(tx, part(tx, SITES[1]), category=Category.VITAL))
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def part(tx: Tx, site: str) -> Incident:
    """The site's incident beneath the storm."""
    return next(row for row in incidents.page(tx, account=site, limit=9) if row.storm_id)


def states(web: Web) -> dict[str, str]:
    """What became of each site's part."""

    def read(tx: Tx) -> dict[str, str]:
        return {site: str(part(tx, site).state) for site in SITES}

    return web[0].store.read_now(read)


def open_storm(page: Page, web: Web) -> Locator:
    """By keyboard, from the queue: the form with its sites."""
    log_in(page, web[1])
    row = page.locator(".row", has_text="21 sites")
    row.locator("a.title").focus()
    page.keyboard.press("Enter")
    form = page.locator("form[data-act=together]")
    expect(form).to_be_visible()
    return form


def tab_to(page: Page, wanted: Locator) -> None:
    """From where the focus is, as far as it takes."""
    for _ in range(60):
        if wanted.evaluate("(e) => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {wanted}")


@pytest.mark.timeout(120)
def test_what_is_not_vital_is_closed_together_by_keyboard(page: Page, web: Web) -> None:
    said = watched(page)
    form = open_storm(page, web)
    boxes = form.get_by_role("checkbox")
    expect(boxes).to_have_count(20)  # the vital one has none, and says why
    expect(form.locator("tr", has_text=f"Magasin {SITES[1]}")).to_contain_text("vitale")
    everything = form.get_by_role("button", name="Tout choisir")
    everything.focus()
    page.keyboard.press("Enter")
    for place in range(20):
        expect(boxes.nth(place)).to_be_checked()
    spared = form.get_by_role("checkbox", name=f"Magasin {SITES[2]}")
    spared.focus()
    page.keyboard.press("Space")
    expect(spared).not_to_be_checked()
    tab_to(page, form.locator("[name=text]"))
    page.keyboard.type("coupure du quartier")
    tab_to(page, form.locator("[name=code]"))
    page.keyboard.press("ArrowDown")
    expect(form.locator("[name=code]")).not_to_have_value("")
    tab_to(page, form.locator("button[value=close]"))
    page.keyboard.press("Enter")
    expect(page.locator("#together-said")).to_contain_text("Fait pour 19 alarmes")
    assert violations(page) == []
    became = states(web)
    assert became.pop(SITES[1]) == "open"
    assert became.pop(SITES[2]) == "open"
    assert "open" not in became.values()
    expect(page.locator("#list-queue .row", has_text=f"Magasin {SITES[0]}")).to_contain_text(
        "incendie", ignore_case=True
    )
    assert said == []


@pytest.mark.timeout(120)
def test_one_that_a_colleague_took_is_left_out_and_named(page: Page, web: Web) -> None:
    form = open_storm(page, web)
    form.get_by_role("button", name="Tout choisir").press("Enter")

    def meanwhile(route: Route) -> None:
        """A colleague takes it when the form is on its way: the page doesn't know yet."""
        web[0].do(lambda tx: incidents.change(tx, part(tx, SITES[3]), holder="yves"))
        route.continue_()

    page.route("**/together", meanwhile)
    form.locator("[name=text]").fill("coupure du quartier")
    form.locator("button[value=note]").press("Enter")
    told = page.locator("#together-said")
    expect(told).to_contain_text("Fait pour 19 alarmes")
    expect(told).to_contain_text("yves")
    expect(told).to_contain_text(SITES[3])


@pytest.mark.timeout(120)
def test_nothing_is_done_where_nothing_is_chosen(page: Page, web: Web) -> None:
    form = open_storm(page, web)
    form.locator("[name=text]").fill("coupure du quartier")
    form.locator("button[value=note]").press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("choisissez")
    expect(form.locator("[name=text]")).to_have_value("coupure du quartier")
    assert set(states(web).values()) == {"open"}
