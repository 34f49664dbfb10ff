"""What is wrong with an act is said at its form, and what was shown for once stays: in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from callflow import clock
from callflow.handling.interventions import directory
from tests.integration.web.interventions.test_services import LINE
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.access.users import Role

WRONG = "de 1 à 1440 minutes"
Web = tuple[WebStation, WebProcess]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A shop whose police line is in the directory, and its alarm."""
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.site(name="Boulangerie", postcode="35000")
    station.do(lambda tx: directory.put_directory(tx, [LINE], "admin", clock.now()))
    station.alarm()
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def hold(page: Page, web: Web) -> None:
    """Claire has it in her pane, and took it."""
    log_in(page, web[1])
    page.locator(".row", has_text="Boulangerie").first.locator("a.title").click()
    page.locator("#incident").get_by_role("button", name="Prendre", exact=True).click()
    expect(page.locator(".facts")).to_contain_text(f"{NAME} (vous)")


def happens(page: Page, web: Web, zone: str, signals: int) -> None:
    """Another signal comes: the pane is read anew."""
    web[0].alarm("1001", zone=zone)
    expect(page.locator("#h-signals .count")).to_have_text(str(signals))


def test_a_form_that_cannot_be_taken_says_so_at_its_field(page: Page, web: Web) -> None:
    hold(page, web)
    page.locator("details[id^=report] summary").press("Enter")
    form = page.locator("form[data-act=report-service]")
    person, minutes = form.locator("[name=person]"), form.locator("[name=minutes]")
    person.fill("Brigadier Le Bihan")
    minutes.fill("99999")
    form.evaluate("(form) => { form.noValidate = true; form.requestSubmit(); }")  # no browser's
    said = form.get_by_role("alert")
    expect(said).to_have_text(WRONG)
    expect(said).to_be_in_viewport()
    expect(page.locator("#problem")).to_be_hidden()
    expect(minutes).to_have_attribute("aria-invalid", "true")
    expect(minutes).to_have_accessible_description(WRONG)
    expect(person).to_have_value("Brigadier Le Bihan")
    assert violations(page) == []
    happens(page, web, "4", 2)  # and it stays while things happen
    expect(said).to_have_text(WRONG)
    expect(minutes).to_have_attribute("aria-invalid", "true")
    minutes.fill("0")
    form.get_by_role("button", name="Enregistrer").press("Enter")
    expect(said).to_contain_text("la référence donnée par la police")  # they come under one
    expect(person).to_have_value("Brigadier Le Bihan")
    form.locator("[name=reference]").fill("R-17")
    form.get_by_role("button", name="Enregistrer").press("Enter")
    expect(page.locator(".services .done")).to_contain_text("Brigadier Le Bihan")
    expect(page.locator("#incident [role=alert]")).to_have_count(0)
    expect(page.locator("#incident [aria-invalid]")).to_have_count(0)


def test_a_refusal_stands_at_the_form_and_what_was_typed_is_kept(page: Page, web: Web) -> None:
    complaints = watched(page)
    hold(page, web)
    page.get_by_text("Enregistrer une levée de doute").click()
    form = page.locator("form[data-act=verify]")
    form.locator("[name=means]").select_option("images")
    form.locator("[name=result]").select_option("confirmed")
    form.locator("[name=text]").fill("deux hommes dans le hall")
    form.get_by_role("button", name="Enregistrer").press("Enter")
    said = form.get_by_role("alert")
    expect(said).to_contain_text("choisissez l’image")
    expect(said).to_be_in_viewport()
    expect(form.locator("[name=text]")).to_have_value("deux hommes dans le hall")
    happens(page, web, "4", 2)
    expect(said).to_be_visible()
    assert violations(page) == []
    form.locator("[name=means]").select_option("opinion")
    form.get_by_role("button", name="Enregistrer").press("Enter")
    expect(page.locator(".services .done")).to_contain_text("deux hommes dans le hall")
    expect(page.locator("#incident .refused")).to_have_count(0)
    assert [text for text in complaints if "409" not in text] == []


@pytest.mark.deep
def test_a_shown_service_number_stays_until_the_next_act(page: Page, web: Web) -> None:
    hold(page, web)
    police = page.locator("#gate-police")
    police.get_by_role("button", name="Afficher").press("Enter")
    expect(police).to_contain_text("01 30 00 00 17")
    assert violations(page) == []
    happens(page, web, "4", 2)
    expect(police).to_contain_text("01 30 00 00 17")
    expect(police.locator(".tel:visible")).to_have_count(1)
    page.locator("#incident .note textarea").fill("vu")
    page.get_by_role("button", name="Noter", exact=True).click()
    expect(page.locator(".log")).to_contain_text("vu")
    expect(police).not_to_contain_text("01 30 00 00 17")
    expect(police.locator(".tel:visible")).to_have_count(1)


def test_an_act_after_the_session_s_end_leads_to_the_log_in_and_back(page: Page, web: Web) -> None:
    hold(page, web)
    for noticing in ("events", "presence", "call-backs"):
        page.route(f"**/{noticing}", lambda route: route.abort())
    page.reload()
    page.context.clear_cookies()
    page.get_by_text("Autres actes").click()
    page.locator("#incident").get_by_role("button", name="Rendre à la file").click()
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.get_by_label("Nom").fill(NAME)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#incident")).to_contain_text("Boulangerie")
