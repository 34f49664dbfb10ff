"""Pages for who asks otherwise: dim for a dark room, with more contrast, without motion, twice as
large. Nothing of a page is lost by any of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.integration.web.kit.test_frame_in_browser import ASIDE, DRAWN, KINDS, SETTLED
from tests.integration.web.walks.test_axe_everywhere import logged_in, pages
from tests.support.pages.looking import leave_two, unfold, violations
from tests.support.rows.full_rows import full_web
from tests.support.stations.full_station import FullStation
from tests.support.stations.web_station import NAME, WebProcess

Full = tuple[FullStation, WebProcess]
#: Of a dim page, as relative luminance (WCAG): the brightest point, and all of it on an average.
#: White is 1; of a dark page the average is about 0.03.
BRIGHTEST, BRIGHT = 0.45, 0.022
#: A desk's screen of 1280×800, and as many points as are left of it at 200 %.
SCREEN, TWICE = (1280, 800), (640, 400)
#: The share of the window that a header may take which stays while one scrolls.
STAYS = 0.4
#: What an enlarged page may do without, and why.
ASIDE_TWICE = {
    ".keys": "the keys that apply: help (?) has them all",
}

_LEVELS = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)

MARK = """() => {
  const shown = (e) => {
    const box = e.getBoundingClientRect();
    return e.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1;
  };
  const says = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  globalThis.shownNow = shown;
  for (const e of document.querySelectorAll("body *"))
    if (shown(e) && (says(e) || e.matches("a, button, input, select, textarea, summary, img, svg")))
      e.dataset.seen = "";
}"""
#: What was shown and is not any more; what stands out of the window, or is reached by scrolling in
#: two directions, though it is no table and no picture.
LOST = """([aside, stays]) => {
  const short = (e) => e.outerHTML.slice(0, 120);
  const root = document.documentElement;
  const found = [...document.querySelectorAll("[data-seen]")]
    .filter((e) => !globalThis.shownNow(e) && !aside.some((each) => e.closest(each)))
    .map((e) => "lost: " + short(e));
  if (root.scrollWidth > root.clientWidth) {
    const out = [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() &&
      e.getBoundingClientRect().right > root.clientWidth + 1);
    found.push(`scrolls to ${root.scrollWidth}: ` + out.slice(0, 3).map(short).join(" … "));
  }
  for (const e of document.querySelectorAll("body *")) {
    const flows = ["auto", "scroll"].includes(getComputedStyle(e).overflowX);
    if (flows && e.scrollWidth > e.clientWidth + 1 && e.checkVisibility()
        && !e.querySelector("table, svg, img, canvas, pre") && !e.matches("textarea, select"))
      found.push(`scrolls sideways: ${e.scrollWidth} of ${e.clientWidth}: ` + short(e));
  }
  const bar = document.querySelector(".bar");
  if (bar && ["sticky", "fixed"].includes(getComputedStyle(bar).position)
      && bar.offsetHeight > innerHeight * stays)
    found.push(`the header stays, ${bar.offsetHeight} px high`);
  return found;
}"""
MOVES = """() => [...document.querySelectorAll("*")].flatMap((e) => [null, "::before", "::after"]
  .map((part) => getComputedStyle(e, part))
  .filter((style) => parseFloat(style.transitionDuration) > 0
    || (style.animationName !== "none" && parseFloat(style.animationDuration) > 0)
    || style.scrollBehavior === "smooth")
  .map(() => e.outerHTML.slice(0, 90)))"""
FLASHES = """() => {
  const badge = document.querySelector(".badge.flash");
  const as = () => getComputedStyle(badge).backgroundColor;
  const seen = new Set();
  for (const beat of [false, true]) {
    document.body.classList.toggle("beat", beat);
    seen.add(as());
  }
  return seen.size;
}"""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    with full_web(tmp_path_factory.mktemp("looks"), demo=True) as full:
        yield full


@pytest.fixture(scope="module")
def paths(web: Full, deep_run: bool) -> list[str]:
    """Every page, or every second of those that stand for a kind."""
    if not deep_run:
        return list(KINDS[::2])
    return [path for path in pages(web[0]) if not ASIDE.search(path.partition("?")[0])]


@pytest.fixture(scope="module")
def page(browser: Browser, web: Full) -> Iterator[Page]:
    with logged_in(browser, web[1], NAME, "fr") as found:
        found.set_viewport_size({"width": SCREEN[0], "height": SCREEN[1]})
        yield found


def wrong(
    page: Page, web: Full, paths: list[str], look: Callable[[], list[str]]
) -> dict[str, list[str]]:
    """What ``look`` finds on each page, once it is there."""
    found = {}
    for path in paths:
        answer = page.goto(f"{web[1].url}{path}")
        if answer and answer.text().startswith("<!doctype html>"):
            page.wait_for_function(SETTLED)
            page.evaluate(DRAWN)
            found[path] = look()
    return {path: what for path, what in found.items() if what}


def luminance(page: Page) -> np.ndarray:
    """Of each point of the window."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        levels = np.asarray(picture.convert("RGB"))
    return np.asarray(_LINEAR[levels] @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32))


def choose(page: Page, scheme: str) -> None:
    page.locator("#my-menu summary").click()
    with page.expect_response(re.compile("/scheme$")):  # the next page has it
        page.locator(".schemes").get_by_role("button", name=scheme, exact=True).click()


@pytest.mark.timeout(400)
def test_a_dim_page_lights_no_dark_room_and_can_be_read(
    page: Page, web: Full, paths: list[str]
) -> None:
    """Axe is shown two of many that are made alike."""
    page.emulate_media(color_scheme="light")
    page.goto(f"{web[1].url}/logbook")
    choose(page, "Tamisé")
    expect(page.locator("html")).to_have_attribute("data-scheme", "dim")
    page.keyboard.press("Escape")

    def look() -> list[str]:
        assert page.locator("html").get_attribute("data-scheme") == "dim"
        page.mouse.move(0, 0)  # a picture that it rests on is as bright as it is
        unfold(page)
        light = luminance(page)
        leave_two(page)
        found = violations(page, ["color-contrast", "link-in-text-block"])
        if light.max() > BRIGHTEST or light.mean() > BRIGHT:
            found.append(f"brightest {light.max():.2f}, on an average {light.mean():.3f}")
        return found

    assert wrong(page, web, paths, look) == {}
    page.goto(f"{web[1].url}/")
    dim = luminance(page).mean()
    choose(page, "Sombre")
    expect(page.locator("html")).to_have_attribute("data-scheme", "dark")
    page.keyboard.press("Escape")
    assert dim < 0.75 * luminance(page).mean()


@pytest.mark.deep
@pytest.mark.timeout(400)
def test_who_asks_for_more_contrast_gets_seven_to_one(
    page: Page, web: Full, paths: list[str]
) -> None:
    """In each scheme: WCAG's AAA."""
    page.emulate_media(contrast="more")

    def look() -> list[str]:
        found = []
        leave_two(page)
        for scheme in ("dark", "light", "dim"):
            page.evaluate("(s) => { document.documentElement.dataset.scheme = s; }", scheme)
            enough = violations(page, ["color-contrast", "color-contrast-enhanced"])
            found += [f"{scheme}: {fault}" for fault in enough]
        return found

    try:
        assert wrong(page, web, paths, look) == {}
    finally:
        page.emulate_media(contrast="null")


def test_who_asks_for_less_motion_sees_none(page: Page, web: Full, paths: list[str]) -> None:
    page.emulate_media(reduced_motion="no-preference")
    page.goto(f"{web[1].url}/")
    expect(page.locator(".badge.flash").first).to_be_attached()
    assert page.evaluate(FLASHES) == 2
    page.emulate_media(reduced_motion="reduce")
    try:
        assert page.evaluate(FLASHES) == 1
        assert wrong(page, web, paths, lambda: list(page.evaluate(MOVES))) == {}
    finally:
        page.emulate_media(reduced_motion="null")


@pytest.mark.deep
@pytest.mark.timeout(400)
def test_a_page_twice_as_large_loses_nothing_and_scrolls_one_way(
    page: Page, web: Full, paths: list[str]
) -> None:
    def look() -> list[str]:
        page.evaluate(MARK)
        page.set_viewport_size({"width": TWICE[0], "height": TWICE[1]})
        page.evaluate(DRAWN)
        found: list[str] = page.evaluate(LOST, [list(ASIDE_TWICE), STAYS])
        page.set_viewport_size({"width": SCREEN[0], "height": SCREEN[1]})
        return found

    assert wrong(page, web, paths, look) == {}


def test_what_an_enlarged_page_does_without_is_there(page: Page, web: Full) -> None:
    page.goto(f"{web[1].url}/")
    for selector in ASIDE_TWICE:
        expect(page.locator(selector).first).to_be_visible()
