"""Presence, desks and missed calls in Chromium: under axe, by keyboard, the page never left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from callflow.storage.callers import call_backs
from tests.integration.web.desks.test_desk import hangs_up, on_shift, waits
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.pages.looking import LOOKS
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

HOSTILE = "</title><b>x</b>\u202e<script>window.x=1</script>"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    """Two on shift; one person waits, two hung up: a keyholder of hostile name, and a stranger."""
    station = WebStation(tmp_path)
    station.user(NAME, Role.SUPERVISOR)
    station.user("david", Role.OPERATOR)
    for name in (NAME, "david"):
        on_shift(station, name)
    contact = {"id": "k", "name": HOSTILE, "role": "keyholder", "phone": "+33639981001"}
    station.site(name=HOSTILE, contacts=[contact])
    station.alarm()
    for number in ("+33639981001", "+33639987003"):
        hangs_up(station, waits(station, number))
    (first, _) = station.store.read_now(call_backs.open_ones)
    station.do(lambda tx: call_backs.change(tx, first.id, level=1))
    waits(station)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


@pytest.mark.deep
@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_axe_finds_nothing_on_the_pages_of_the_desks(
    browser: Browser, web: tuple[WebStation, WebProcess], language: str, scheme: str
) -> None:
    with browser.new_context(color_scheme=scheme, locale="fr-FR") as context:  # type: ignore[arg-type]
        page = context.new_page()
        said = watched(page)
        log_in(page, web[1])
        for path in ("/desk", "/presence", "/call-backs"):
            page.goto(f"{web[1].url}{path}?lang={language}")
            expect(page.locator(".standing").first).to_be_visible()
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
            assert violations(page) == []
            small = page.evaluate(
                """[...document.querySelectorAll("body *")].filter((e) =>
                     [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) &&
                     parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.outerHTML)"""
            )
            assert small == []
            assert page.evaluate("window.x") is None
        assert said == []


def test_a_break_and_a_call_back_by_keyboard_and_the_console_is_never_left(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    said = watched(page)
    log_in(page, web[1], "/?lang=fr")
    page.evaluate("window.same = true")
    standing = page.locator("#standing")
    expect(standing).to_contain_text("disponible")
    standing.locator("summary").focus()
    page.keyboard.press("Enter")
    standing.get_by_role("button", name="repas").focus()
    page.keyboard.press("Enter")
    expect(standing).to_contain_text("en pause (repas)")
    standing.get_by_role("button", name="Disponible").focus()
    page.keyboard.press("Enter")
    expect(standing.locator(".stands")).to_contain_text("disponible")

    missed = page.locator("#call-backs")
    expect(missed.locator("li")).to_have_count(2)
    expect(missed.locator("li").first).to_contain_text("en retard")
    missed.get_by_role("button", name="Je m'en charge : 06 39 98 70 03").focus()
    page.keyboard.press("Enter")
    expect(missed.locator("li", has_text="06 39 98 70 03")).to_contain_text(NAME)
    missed.get_by_role("button", name="Joint : 06 39 98 70 03").focus()
    page.keyboard.press("Enter")
    expect(missed.locator("li")).to_have_count(1)
    assert page.evaluate("window.same") is True
    assert said == []


def test_a_telephone_that_was_refused_asks_for_another_at_once(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    """Nobody waits for Asterisk to know one that was not given: the database was away."""
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.method) if "softphone" in r.url else None)
    page.route("**/telephone/softphone", lambda route: route.fulfill(status=503, json={}))
    log_in(page, web[1])
    page.goto(web[1].url)
    with page.expect_request(lambda r: "softphone" in r.url and asked.count("POST") > 2):
        pass
    assert set(asked) == {"POST"}


def test_a_telephone_that_asterisk_does_not_know_yet_asks_less_and_less(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    """Where Asterisk is away, every desk asks: ten questions, in more than ten seconds."""
    page.add_init_script(
        """globalThis.pauses = [];
        const later = setTimeout;
        globalThis.setTimeout = (act, pause, ...more) => {
          const telephone = new Error().stack.includes("telephone.js");
          if (telephone) pauses.push(pause);
          return later(act, telephone ? 0 : pause, ...more);
        };"""
    )
    log_in(page, web[1])
    page.wait_for_function("() => pauses.length > 10")
    first = page.evaluate("pauses.slice(0, 10)")
    assert first == sorted(set(first))
    assert first[0] == 100
    assert 10_000 < sum(first) < 20_000
