"""A site that has no alarm: found by its name, shown in the pane, and an alarm opened from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from callflow import clock
from tests.integration.web.kit.test_browser import log_in, violations
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, WebProcess]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.site("1001", name="Boulangerie du Marché")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def show(page: Page, web: Web) -> None:
    """By keyboard: the palette, some letters of its name, Enter."""
    log_in(page, web[1])
    page.keyboard.press("Control+k")
    page.keyboard.type("boulang")
    expect(page.locator("#palette-list [data-site]")).to_contain_text("Boulangerie")
    expect(page.locator("#palette-list [aria-selected=true]")).to_contain_text("Boulangerie")
    page.keyboard.press("Enter")
    expect(page.locator("#site h1")).to_contain_text("Boulangerie du Marché")
    expect(page.locator("#site h1")).to_be_focused()
    expect(page.get_by_role("heading", name="File des opérateurs")).to_be_visible()


def test_an_alarm_is_opened_by_hand_by_keyboard_alone(page: Page, web: Web) -> None:
    show(page, web)
    expect(page.locator("#site .contacts")).to_contain_text("Yves Morvan")
    assert violations(page) == []
    page.keyboard.press("Tab")
    while page.locator("#site select[name=kind]:focus").count() == 0:
        page.keyboard.press("Tab")
    page.keyboard.type("Alarme intrusion")
    page.keyboard.press("Tab")
    page.keyboard.type("La voisine entend du bruit")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#incident h1")).to_contain_text("Boulangerie du Marché")
    expect(page.locator("#incident .facts")).to_contain_text(f"{NAME} (vous)")
    expect(page.locator("#incident .log")).to_contain_text("La voisine entend du bruit")
    expect(page.locator(".row", has_text="Boulangerie")).to_be_visible()
    page.locator("#incident a[href='/sites/1001']").click()
    expect(page.locator("#site .open")).to_contain_text("Alarme intrusion")


def test_an_alarm_that_comes_meanwhile_is_there_and_what_is_typed_stays(
    page: Page, web: Web
) -> None:
    show(page, web)
    words = page.locator("#site form.by-hand textarea")
    words.fill("La voisine ent")
    web[0].alarm("1001", code="FA", zone="4")
    expect(page.locator("#site .open")).to_contain_text("Alarme incendie", timeout=15000)
    expect(words).to_have_value("La voisine ent")
    expect(words).to_be_focused()


@pytest.mark.deep
def test_a_provisional_instruction_is_noted_and_what_is_wrong_is_said_at_its_form(
    page: Page, web: Web
) -> None:
    show(page, web)
    page.locator("#site summary").click()
    form = page.locator("#site form.instruct")
    form.locator("textarea").fill("Travaux : ne pas appeler le voisin")
    ends = form.locator("[name=ends_at]")
    ends.fill("2020-01-01T08:00")
    form.get_by_role("button", name="Noter").click()
    expect(form.locator(".refused")).to_be_visible()
    expect(ends).to_be_focused()
    expect(form.locator("textarea")).to_have_value("Travaux : ne pas appeler le voisin")
    ends.fill(f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}")
    form.get_by_role("button", name="Noter").click()
    expect(page.locator("#site .instructions")).to_contain_text("ne pas appeler le voisin")
    assert violations(page) == []


def test_without_scripts_the_page_does_the_same(browser: Browser, web: Web) -> None:
    _, process = web
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{process.url}/login?next=/")
        page.locator("[name=name]").fill(NAME)
        page.locator("[name=password]").fill("sous les pavés")
        page.locator("button.primary").click()
        page.goto(f"{process.url}/sites/1001")
        page.locator("select[name=kind]").select_option("flood")
        page.locator("form.by-hand textarea").fill("De l'eau sous la porte")
        page.locator("form.by-hand button").click()
        page.wait_for_url("**/?incident=*")
