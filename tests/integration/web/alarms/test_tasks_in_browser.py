"""What a plan asks of people, in Chromium: by keyboard, under axe, while things happen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from callflow import clock
from callflow.core.alarms.escalation import GuardEvent
from callflow.handling.alarms import operating
from callflow.handling.interventions import guards
from tests.integration.web.alarms.test_tasks import (
    END,
    GUARD,
    LOOK,
    SERVICE,
    alarm,
    opened,
    task_of,
)
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, WebProcess]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def show(page: Page, web: Web, incident: str) -> None:
    log_in(page, web[1], f"/incidents/{incident}")
    expect(page.locator(".task.open")).to_be_visible()


@pytest.mark.deep
def test_a_check_list_goes_by_keyboard_and_nothing_is_sent_half_done(page: Page, web: Web) -> None:
    incident = alarm(web[0], LOOK, SERVICE, END)
    said = watched(page)
    show(page, web, incident)
    assert violations(page) == []
    doors, cellars = page.get_by_label("portes"), page.get_by_label("caves")
    note = page.locator(".task").get_by_label("Remarque")
    page.keyboard.press("g")
    expect(page.locator(".facts")).to_contain_text(f"{NAME} (vous)")
    page.keyboard.press("g")  # once it is taken, what the plan asks comes next
    expect(doors).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(cellars).to_be_focused()
    page.keyboard.press("Tab")
    expect(note).to_be_focused()
    page.keyboard.type("vu a")
    page.keyboard.press("Enter")  # no outcome is chosen: nothing goes out
    page.get_by_role("button", name="Fait", exact=True).press("Enter")
    expect(cellars).to_be_focused()  # the browser asks for it
    assert task_of(web[0], incident).state == "open"
    page.keyboard.press("Space")
    page.get_by_role("button", name="Fait", exact=True).press("Enter")
    expect(page.locator(".task.ended")).to_contain_text("fait")
    expect(page.locator(".log")).to_contain_text("vu a")
    assert violations(page) == []
    assert said == []


def test_what_is_ticked_typed_and_open_survives_what_happens(page: Page, web: Web) -> None:
    station, _ = web
    incident = alarm(station, GUARD, END)
    station.do(
        lambda tx: guards.guard_event(
            tx, incident, task_of(station, incident).id, GuardEvent.ACCEPTED, "yves", clock.now()
        )
    )
    show(page, web, incident)
    page.get_by_text("Compte rendu de l’agent").click()
    page.get_by_label("Intérieur vu").check()
    page.locator("[name=rearmed]").select_option("yes")
    note = page.locator(".task details").first.get_by_label("Remarque")
    note.fill("cave ouv")
    station.alarm("1001")
    expect(page.locator("#h-signals .count")).to_have_text("2")
    expect(note).to_have_value("cave ouv")
    expect(note).to_be_focused()
    expect(page.get_by_label("Intérieur vu")).to_be_checked()
    expect(page.locator("[name=rearmed]")).to_have_value("yes")


def test_why_an_act_was_refused_stays_while_things_happen(page: Page, web: Web) -> None:
    station, _ = web
    incident = alarm(station, GUARD, END)
    show(page, web, incident)
    page.get_by_text("Compte rendu de l’agent").click()
    page.get_by_label("Extérieur vu").check()
    page.get_by_label("Traces ou présence").select_option("no")
    page.get_by_role("button", name="Enregistrer le compte rendu").click()
    why = page.get_by_role("alert").filter(has_text="dites si le site est remis en marche")
    expect(why).to_be_visible()
    station.alarm("1001")
    expect(page.locator("#h-signals .count")).to_have_text("2")
    expect(why).to_be_visible()
    page.get_by_role("button", name="A accepté").click()
    expect(page.locator(".way")).to_contain_text("attendu avant")
    expect(why).to_have_count(0)


@pytest.mark.deep
def test_a_guard_and_a_measure_are_clean_and_their_forms_work(page: Page, web: Web) -> None:
    station, _ = web
    incident = alarm(station, GUARD, END)
    opened(station, incident)
    said = watched(page)
    show(page, web, incident)
    page.get_by_text("Compte rendu de l’agent").click()
    page.get_by_text("Annuler l’intervention ou maintenir").click()
    assert violations(page) == []
    page.get_by_role("button", name="A accepté").press("Enter")
    expect(page.locator(".way")).to_contain_text("attendu avant")
    expect(page.locator(".task .target")).to_have_text(re.compile(r"^(30:00|29:\d\d) restant$"))
    page.get_by_role("button", name="Lever la mesure : vigile").click()
    expect(page.locator("#h-measures")).to_have_count(0)
    page.get_by_label("Extérieur vu").check()
    page.get_by_label("Traces ou présence").select_option("no")
    page.get_by_role("button", name="Enregistrer le compte rendu").click()
    expect(page.get_by_role("alert")).to_contain_text("dites si le site est remis en marche")
    page.get_by_label("Extérieur vu").check()
    page.get_by_label("Traces ou présence").select_option("no")
    page.locator("[name=rearmed]").select_option("yes")
    page.get_by_role("button", name="Enregistrer le compte rendu").click()
    expect(page.locator(".task.ended")).to_contain_text("rien à signaler sur place")
    assert [line for line in said if "409" not in line] == []


def test_without_javascript_a_task_is_done_all_the_same(browser: Browser, web: Web) -> None:
    incident = alarm(web[0], LOOK, SERVICE, END)
    with browser.new_context(java_script_enabled=False, locale="fr-FR") as context:
        page = context.new_page()
        log_in(page, web[1], script=False)
        page.goto(f"{web[1].url}/incidents/{incident}")
        page.get_by_label("portes").check()
        page.get_by_label("caves").check()
        page.get_by_role("button", name="Fait", exact=True).click()
        expect(page.locator(".task.ended")).to_contain_text("fait")


def test_a_holder_sends_calls_protects_and_lifts_by_one_key_each_and_holds_on(
    page: Page, web: Web
) -> None:
    station = web[0]
    people = [
        {"id": "garde", "name": "Ouest Garde", "role": "guard", "phone": "+33639980301"},
        {"id": "fixit", "name": "Ouest Alarmes", "role": "maintenance", "phone": "+33639980302"},
    ]
    station.site("1001", contacts=people)
    incident = str(station.alarm("1001").id)
    station.do(lambda tx: operating.claim(tx, incident, NAME, clock.now()))
    log_in(page, web[1], f"/incidents/{incident}")
    expect(page.locator("#form-measure")).to_be_visible()
    page.keyboard.press("w")
    expect(page.locator(".byhand .task.open")).to_contain_text("Ouest Garde")
    page.keyboard.press("y")
    expect(page.locator("#incident .calls")).to_contain_text(["Ouest Alarmes"])
    page.keyboard.press("o")
    expect(page.locator("#form-measure [name=text]")).to_be_focused()
    page.keyboard.type("client sur place")
    page.keyboard.press("Enter")
    expect(page.locator(".measures")).to_contain_text("client sur place")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.locator(".measures")).to_have_count(0)
    expect(page.locator(".facts")).to_contain_text(f"{NAME} (vous)")
