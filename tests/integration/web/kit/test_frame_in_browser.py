"""The frame of every page: one header line of 44 px, nothing that moves while a page comes, and no
page that weighs more than 150 kB."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.web.kit.test_browser import watched
from tests.integration.web.walks.test_axe_everywhere import logged_in, pages
from tests.support.pages.looking import violations
from tests.support.rows.full_rows import full_web
from tests.support.stations.full_station import FullStation
from tests.support.stations.web_station import NAME, WebProcess

Full = tuple[FullStation, WebProcess]
SIZES = ((1920, 1080), (1440, 900), (1280, 800))
#: A header's height; how much of a page may move while it comes; what it may weigh.
HEIGHT, MOVED, BYTES = 44, 0.02, 150_000
#: What a fast run looks at: a page of each kind.
KINDS = (
    *("/", "/sites", "/plans", "/logbook", "/shift", "/desk", "/roster", "/statistics"),
    *("/station", "/lines", "/people", "/settings/retention", "/announcements", "/account"),
)
#: What a page does not show as one of the station's.
ASIDE = re.compile(r"^/(login|nowhere|station/wall|wallboard|help)|\.(csv|ics)$")

NOTE = """() => {
  globalThis.shifts = [];
  const said = (node) => node?.nodeType === 1 ? node.outerHTML.slice(0, 90) : String(node?.data);
  new PerformanceObserver((list) => {
    for (const one of list.getEntries().filter((each) => !each.hadRecentInput))
      globalThis.shifts.push([one.value, one.sources.map((source) => said(source.node))]);
  }).observe({ type: "layout-shift", buffered: true });
}"""
SETTLED = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  return document.fonts.status === "loaded" &&
    all("#tally-vital").every((e) => e.dataset.n !== undefined) &&
    all("#standing").every(() => document.querySelector("#standing-box"));
}"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
#: Without the sound that it plays, which lasts as long as what is said.
WEIGHT = """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .filter((one) => !["audio", "video"].includes(one.initiatorType))
  .reduce((sum, one) => sum + one.transferSize, 0)"""
INSIDE = (
    "() => { const e = document.querySelector('.top'); return e.scrollWidth <= e.clientWidth; }"
)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    with full_web(tmp_path_factory.mktemp("frame"), demo=True) as full:
        yield full


@pytest.fixture(scope="module")
def page(browser: Browser, web: Full) -> Iterator[Page]:
    with logged_in(browser, web[1], NAME, "fr") as found:
        found.add_init_script(f"({NOTE})()")
        found.set_viewport_size({"width": 1440, "height": 900})
        found.goto(f"{web[1].url}/lines")  # what is kept for ever is there from now on
        yield found


def faults(page: Page, address: str) -> list[str]:
    """What is wrong with the frame of the page there."""
    answer = page.goto(address)
    if not answer or not answer.text().startswith("<!doctype html>"):
        return []
    page.wait_for_function(SETTLED)
    page.evaluate(DRAWN)
    moved = page.evaluate("() => globalThis.shifts")
    found = []
    if sum(value for value, _ in moved) >= MOVED:
        found.append(f"moves: {moved}")
    if (weight := page.evaluate(WEIGHT)) > BYTES:
        found.append(f"weighs {weight} bytes")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        box = page.locator(".top").bounding_box()
        inside = page.evaluate(INSIDE)
        if not box or box["height"] != HEIGHT or not inside:
            found.append(f"its header at {width} px: {box}, all inside: {inside}")
    page.set_viewport_size({"width": 1440, "height": 900})
    return found


@pytest.mark.timeout(400)
def test_each_page_has_one_header_line_moves_nothing_and_is_light(
    page: Page, web: Full, deep_run: bool
) -> None:
    full, process = web
    every = [path for path in pages(full) if not ASIDE.search(path.partition("?")[0])]
    looked_at = every if deep_run else (*KINDS, f"/?incident={full.incidents['shop']}")
    found = {path: faults(page, f"{process.url}{path}") for path in looked_at}
    assert {path: what for path, what in found.items() if what} == {}


def test_every_page_without_an_id_is_in_the_menus_or_the_palette(page: Page, web: Full) -> None:
    said = watched(page)
    page.goto(f"{web[1].url}/logbook")
    menu = page.locator("#more-pages")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    menu.get_by_role("link", name="Station", exact=True).focus()
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{web[1].url}/station")
    expect(menu).not_to_have_attribute("open", "")
    # Escape gives the focus back to what opened it.
    mine = page.locator("#my-menu summary")
    mine.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("a.user")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(mine).to_be_focused()
    expect(page.locator("a.user")).to_be_hidden()
    assert said == []


@pytest.mark.parametrize(
    ("typed", "address"),
    [("conservation", "/settings/retention"), ("defauts", "/faults"), (NAME, "/people")],
)
def test_the_palette_leads_to_pages_and_people(
    page: Page, web: Full, typed: str, address: str
) -> None:
    page.goto(f"{web[1].url}/logbook")
    page.wait_for_function(SETTLED)
    page.keyboard.press("Control+k")
    page.locator("#palette-text").press_sequentially(typed)
    page.locator(f"#palette-list [data-page^='{address}']:not([hidden])").first.wait_for()
    option = page.locator("#palette-list [aria-selected=true]")
    for _ in range(12):
        if (option.get_attribute("data-page") or "").startswith(address):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(re.escape(address)))
