"""The pages in Chromium, against a web process of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from callflow import clock
from callflow.core.calls.call import Outcome
from callflow.handling.alarms import operating
from tests.support.pages.looking import violations as violations
from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.access.users import Role


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    """Three alarms: one vital, one that a person must look at, one that the machine has."""
    station = WebStation(tmp_path, demo=True)
    station.user(NAME, Role.OPERATOR)
    for account, name in (("1001", "Boulangerie"), ("1002", "Pharmacie"), ("1003", "Garage")):
        station.site(account, name=name)
    station.alarm("1001")
    station.call(Outcome.NO_KEY, seconds=3)
    row = station.alarm("1002")
    station.do(lambda tx: operating.claim(tx, row.id, "yves", clock.now()))
    station.do(lambda tx: operating.release(tx, row.id, "yves", clock.now()))
    station.alarm("1003", code="FA")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def log_in(page: Page, web: WebProcess, path: str = "/", *, script: bool = True) -> None:
    """Claire comes to a page. The way in itself is proved where nothing runs, and in access/."""
    if script:
        who: dict[str, str | float | bool] = {"name": NAME, "password": PASSWORD}
        assert page.request.post(f"{web.url}/login", form=who, max_redirects=0).status == 303
        page.goto(f"{web.url}{path}")
    else:
        page.goto(web.url)
        page.get_by_label("Nom").fill(NAME)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
    if path == "/":
        expect(page.get_by_role("heading", name="File des opérateurs")).to_be_visible()
    if script:  # it runs: before it, a key does nothing
        expect(page.locator("[data-clock]").first).not_to_have_text("--:--:--")


def watched(page: Page) -> list[str]:
    """What the browser complains of, refusals by the policy included."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(f"{message.text} {message.location['url']}")

    page.on("console", note)
    return said


@pytest.mark.deep
def test_axe_finds_nothing(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    said = watched(page)
    page.goto(web[1].url)
    assert violations(page) == []
    log_in(page, web[1])
    assert violations(page) == []
    page.get_by_role("link", name="Boulangerie").first.click()
    expect(page.locator("#incident").get_by_role("button", name="Prendre")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("a")
    page.get_by_text("Autres actes").click()
    expect(page.get_by_role("button", name="Rendre à la file")).to_be_visible()
    assert violations(page) == []
    assert said == []


@pytest.mark.deep
def test_nothing_is_smaller_than_16_px(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    log_in(page, web[1])
    for link in (None, "Boulangerie"):
        if link:
            page.get_by_role("link", name=link).first.click()
            expect(page.locator("#incident h1")).to_contain_text(link)
        small = page.evaluate(
            """[...document.querySelectorAll("body *")].filter((e) =>
                 [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) &&
                 parseFloat(getComputedStyle(e).fontSize) < 16).map((e) => e.outerHTML)"""
        )
        assert small == []


def test_the_console_lives(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    station, process = web
    log_in(page, process)
    queue = page.locator("#list-queue .row")
    expect(queue).to_have_count(2)
    expect(queue.first).to_contain_text("Garage")  # vital first
    row = station.alarm("1001")
    expect(page.locator(f"#i-{row.id}")).to_contain_text("×2")
    station.do(lambda tx: operating.claim(tx, row.id, "yves", clock.now()))
    expect(queue).to_have_count(3)
    expect(page.locator(f"#i-{row.id} .holder")).to_have_text("yves")
    expect(page).to_have_title(re.compile(r"^\(3\) "))


def test_rows_never_move_under_the_pointer(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    station, process = web
    station.site("1004", name="Bijouterie")
    log_in(page, process)
    page.locator("#list-queue .row").nth(1).hover()
    station.alarm("1004", code="HA")
    more = page.get_by_role("button", name="1 nouvelle alarme vitale ↑")
    expect(more).to_be_visible()
    expect(page.locator("#list-queue .row")).to_have_count(2)
    more.press("Enter")  # the pointer stays in the list
    expect(page.locator("#list-queue .row")).to_have_count(3)


def test_a_vital_alarm_between_a_page_and_its_stream_is_told_as_one(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    station.site("1004", name="Bijouterie")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/events**", hold)
    with page.expect_request("**/events**"):
        log_in(page, process)
    page.locator("#list-queue .row").nth(1).hover()
    station.alarm("1004", code="HA")
    held[0].continue_()
    more = page.get_by_role("button", name="1 nouvelle alarme vitale ↑")
    expect(more).to_be_visible()
    expect(page.locator("#list-queue .row")).to_have_count(2)


@pytest.fixture
def asked(page: Page, web: tuple[WebStation, WebProcess]) -> list[Route]:
    """A console whose stream is asked for, not yet answered; its clock goes by hand."""
    found: list[Route] = []

    def hold(route: Route) -> None:
        found.append(route)

    page.clock.install()
    page.route("**/events", hold)
    log_in(page, web[1])
    while not found:
        page.wait_for_timeout(50)
    return found


def test_a_stream_that_is_slow_to_open_is_awaited_and_said_once_it_is_late(
    page: Page, asked: list[Route]
) -> None:
    """Asked for a second time while it was on its way, it was cut as soon as it opened; one that
    hung was never said."""
    for _ in range(8):
        page.clock.fast_forward(1000)
    expect(page.locator("#cut")).to_be_hidden()
    for _ in range(6):
        page.clock.fast_forward(1000)
    expect(page.locator("#cut")).to_be_visible()
    asked[0].continue_()
    expect(page.locator("#cut")).to_be_hidden()
    assert len(asked) == 1


def test_a_stream_that_never_opened_is_asked_for_again(page: Page, asked: list[Route]) -> None:
    asked[0].abort()
    expect(page.locator("#cut")).to_be_visible()
    page.clock.fast_forward(4000)
    while len(asked) < 2:
        page.wait_for_timeout(50)
    asked[1].continue_()
    expect(page.locator("#cut")).to_be_hidden()


def test_a_cut_stream_is_said_and_made_good(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    station, process = web
    log_in(page, process)
    expect(page.locator("#cut")).to_be_hidden()
    process.kill()
    expect(page.locator("#cut")).to_be_visible()
    expect(page.locator("#cut")).to_contain_text("Flux coupé")
    station.site("1004", name="Bijouterie")
    station.alarm("1004", code="HA")
    process.start()
    expect(page.locator("#cut")).to_be_hidden()
    expect(page.locator("#list-queue")).to_contain_text("Bijouterie")


@pytest.mark.deep
def test_by_keyboard_alone(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    log_in(page, web[1])
    page.keyboard.press("F8")
    focused = page.locator(".row:has(:focus)")
    expect(focused).to_contain_text("Garage")
    page.keyboard.press("j")
    expect(focused).to_contain_text("Pharmacie")
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(focused.locator(".holder")).to_have_text(NAME)
    page.keyboard.press("Enter")
    note = page.get_by_placeholder("Ce qu'il faut retenir…")
    note.fill("j'appelle")  # letters are text while typing
    page.get_by_role("button", name="Noter").click()
    expect(page.locator(".log .k-note")).to_contain_text("j'appelle")
    expect(note).to_have_value("")


def test_what_is_typed_survives_what_happens(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    log_in(page, process)
    page.get_by_role("link", name="Boulangerie").first.click()
    note = page.get_by_placeholder("Ce qu'il faut retenir…")
    note.fill("à moitié éc")
    station.alarm("1001")
    expect(page.locator("#h-signals .count")).to_have_text("2")
    expect(note).to_have_value("à moitié éc")
    expect(note).to_be_focused()


def test_a_timer_counts_against_its_target(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    log_in(page, web[1])
    target = page.locator("#list-queue .target").first
    expect(target).to_have_text(re.compile(r"^0:\d\d restant$|^retard 0:\d\d$"))
    before = target.inner_text()
    expect(target).not_to_have_text(before)


def test_the_recording_plays(page: Page, web: tuple[WebStation, WebProcess]) -> None:
    log_in(page, web[1])
    page.get_by_role("link", name="Boulangerie").first.click()
    audio = page.locator("#incident audio").first
    duration = audio.evaluate(
        """(a) => new Promise((done, failed) => {
             a.onloadedmetadata = () => done(a.duration); a.onerror = failed; a.load();
             a.preload = "metadata"; })"""
    )
    assert duration == pytest.approx(3, abs=0.05)
    assert audio.evaluate(
        """(a) => new Promise((done) => {
             a.onseeked = () => done(a.currentTime > 1.9); a.currentTime = 2; })"""
    )


def test_without_javascript_the_forms_work(
    browser: Browser, web: tuple[WebStation, WebProcess]
) -> None:
    with browser.new_context(java_script_enabled=False, locale="fr-FR") as context:
        page = context.new_page()
        log_in(page, web[1], script=False)
        page.get_by_role("link", name="Boulangerie").first.click()
        page.get_by_role("button", name="Prendre", exact=True).click()
        expect(page.locator(".facts")).to_contain_text(NAME)
        page.locator("#closing summary").click()
        page.get_by_label("Code acquis").select_option("false_alarm")
        page.get_by_role("button", name="Acquitter", exact=True).click()
        expect(page.locator(".facts")).to_contain_text("Fausse alarme")
