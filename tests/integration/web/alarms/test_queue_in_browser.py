"""The console's queue in Chromium: so many alarms at a glance, its tabs, a site's alarms in one
row, one stop of the Tab key, and nothing that moves under the pointer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from callflow import clock
from callflow.core.alarms.incident import State
from callflow.handling.alarms import operating
from callflow.storage.alarms import incidents
from tests.integration.web.kit.test_browser import log_in, violations
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, WebProcess]
LONG = "Coopérative des maraîchers"
#: A desk's screens, and the alarms that are whole in sight there.
SCREENS = {(1920, 1080): 16, (1440, 900): 13, (1280, 800): 10}
_IN_SIGHT = """() => {
  const box = (e) => e.getBoundingClientRect();
  const [zone, head] = ["#lists", ".shows"].map((at) => box(document.querySelector(at)));
  const end = Math.min(zone.bottom, innerHeight);
  const rows = [...document.querySelectorAll("#lists .row")].map(box);
  return rows.filter((row) => row.height && row.top >= head.bottom && row.bottom <= end).length;
}"""
_WHOLE = """() => {
  const root = document.scrollingElement;
  return root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth;
}"""
#: Rows whose site's name is cut though its account is still there, or that are higher than 56 px.
_WRONG = """() => [...document.querySelectorAll("#lists .row")].filter((row) => {
  const [site, account] = [".site", ".title .muted"].map((at) => row.querySelector(at));
  const cut = site.scrollWidth > site.clientWidth + 1 && account.clientWidth > 0;
  return cut || row.getBoundingClientRect().height > 56;
}).map((row) => row.textContent)"""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Twenty sites of long names, each in alarm."""
    station = WebStation(tmp_path_factory.mktemp("crowd"))
    station.user(NAME, Role.OPERATOR)
    for place in range(20):
        account = f"2{place:03d}"
        station.site(account, name=f"{LONG} {place}")
        station.alarm(account, code="FA")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """Two vital alarms, and one that the machine has."""
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.user("yves", Role.OPERATOR)
    for account, name in (("1001", "Boulangerie"), ("1002", "Garage"), ("1003", "Mairie")):
        station.site(account, name=name)
    station.alarm("1001", code="FA")
    station.alarm("1002", code="FA")
    station.alarm("1003")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def row(page: Page, name: str) -> Locator:
    return page.locator("#lists .row", has_text=name)


def top(one: Locator) -> float:
    box = one.bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_so_many_alarms_are_seen_and_the_page_never_scrolls(
    page: Page, crowd: Web, screen: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": screen[0], "height": screen[1]})
    log_in(page, crowd[1])
    expect(page.locator("#list-queue .row")).to_have_count(20)
    assert page.evaluate(_IN_SIGHT) >= SCREENS[screen]
    assert page.evaluate(_WRONG) == []
    assert page.evaluate(_WHOLE)
    page.locator("#list-queue a.title").first.click()
    expect(page.locator("#incident h1")).to_contain_text(LONG)
    assert page.evaluate(_WHOLE)
    assert page.evaluate(_IN_SIGHT) >= SCREENS[screen]


def test_a_row_names_the_zone(page: Page, web: Web) -> None:
    log_in(page, web[1])
    expect(row(page, "Garage").locator(".about")).to_contain_text("Incendie · Hall d'entrée")


def test_tabs_list_all_mine_the_machine_s_and_what_waits(page: Page, web: Web) -> None:
    station, process = web
    log_in(page, process)
    listed = page.locator("#lists .row:visible")
    everything = page.get_by_role("tab", name="Toutes")
    expect(everything).to_have_attribute("aria-selected", "true")
    expect(listed).to_have_count(3)
    page.keyboard.press("F8")
    page.keyboard.press("a")
    expect(page.locator(".row.own")).to_have_count(1)
    everything.focus()
    for name, sites in (("Miennes", ["Boulangerie"]), ("Automate", ["Mairie"]), ("Attente", [])):
        page.keyboard.press("ArrowRight")
        tab = page.get_by_role("tab", name=name)
        expect(tab).to_be_focused()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(listed).to_have_count(len(sites))
        for site in sites:
            expect(listed).to_contain_text(site)
        assert violations(page) == []
    # Whatever is listed, a new vital alarm is told; and it is gone to.
    page.get_by_role("tab", name="Automate").click()
    row(page, "Mairie").hover()
    station.site("1004", name="Hôpital")
    station.alarm("1004", code="FA")
    more = page.get_by_role("button", name="1 nouvelle alarme vitale ↑")
    expect(more).to_be_visible()
    more.press("Enter")
    expect(everything).to_have_attribute("aria-selected", "true")
    expect(row(page, "Hôpital").locator("a.title")).to_be_focused()


def test_the_queue_is_one_stop_and_arrows_go_through_it(page: Page, web: Web) -> None:
    log_in(page, web[1])
    page.get_by_role("tab", name="Toutes").focus()
    stops = []
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("Boolean(document.activeElement.closest('.rows'))"):
            stops.append(page.evaluate("document.activeElement.textContent"))
        elif stops:
            break
    assert len(stops) == 1
    assert "Boulangerie" in stops[0]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(row(page, "Garage").locator("a.title")).to_be_focused()
    page.keyboard.press("End")
    expect(row(page, "Mairie").locator("a.title")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")  # it is come back to where one was
    expect(row(page, "Mairie").locator("a.title")).to_be_focused()


def test_a_site_s_alarms_are_one_row_until_they_are_unfolded(page: Page, web: Web) -> None:
    station, process = web
    first = station.newest("1002")
    station.do(lambda tx: operating.claim(tx, first.id, NAME, clock.now()))
    other = station.alarm("1002", code="BA", zone="4")
    station.do(lambda tx: operating.claim(tx, other.id, NAME, clock.now()))
    log_in(page, process)
    garage = page.locator("#list-queue .row[data-site='1002']")
    head = page.locator(f"#i-{first.id}")
    mine = page.locator("#list-queue .row[data-site='1002']:visible")
    expect(garage).to_have_count(2)
    expect(mine).to_have_count(1)
    fold = head.locator(".fold")
    expect(fold).to_have_attribute("aria-expanded", "false")
    assert violations(page) == []
    head.locator("a.title").focus()
    page.keyboard.press("ArrowRight")
    expect(mine).to_have_count(2)
    page.keyboard.press("ArrowLeft")
    expect(mine).to_have_count(1)
    fold.click()
    expect(mine).to_have_count(2)
    fold.click()
    # A vital alarm that nobody has taken is never folded away.
    station.do(lambda tx: operating.release(tx, first.id, NAME, clock.now()))
    medical = station.alarm("1002", code="MA", zone="8")
    expect(page.locator(f"#i-{medical.id}")).to_be_visible()


def test_nothing_moves_under_the_pointer(page: Page, web: Web) -> None:
    station, process = web
    log_in(page, process)
    expect(page.locator("#tally-vital .says")).not_to_be_empty()  # the stream is there
    expect(page.locator("#strip .lamp").first).to_be_attached()
    expect(page.locator("#standing-box")).to_be_attached()  # the header is as high as it stays
    expect(page.locator("#presence > *").first).to_be_attached()
    machine = row(page, "Mairie")
    machine.hover()
    before = top(machine)
    station.site("1004", name="Hôpital")
    station.alarm("1004", code="FA")
    more = page.get_by_role("button", name="1 nouvelle alarme vitale ↑")
    expect(more).to_be_visible()
    assert top(machine) == before
    garage = station.newest("1002")
    station.do(lambda tx: incidents.change(tx, garage, state=State.FILED, with_human=False))
    gone = row(page, "Garage")
    expect(gone).to_have_class("row p1 unclaimed gone")
    assert top(machine) == before
    page.mouse.move(900, 500)
    expect(gone).to_have_count(0)
    expect(row(page, "Hôpital")).to_be_visible()
