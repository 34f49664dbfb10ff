"""An instruction that was spoken on the phone: listened to, written down, countersigned (D19)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from callflow.core.sites.instructions import Instruction
from callflow.storage.sites import instructions
from tests.integration.web.kit.test_browser import log_in, violations
from tests.support.phones.dictated import dictated, plays
from tests.support.stations.web_station import NAME, PASSWORD, WebProcess, WebStation
from web.access.users import Role

CHIEF = "Denis Aubry"
Web = tuple[WebStation, WebProcess]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.user(CHIEF, Role.SUPERVISOR)
    station.site("1001", name="Boulangerie du Marché")
    dictated(station, "1001")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def stored(station: WebStation) -> Instruction:
    (row,) = station.store.read_now(lambda tx: instructions.of_site(tx, "1001", limit=9))
    return row


def shows(page: Page, web: Web, who: str = NAME) -> None:
    page.goto(f"{web[1].url}/login?next=/sites/1001")
    page.locator("[name=name]").fill(who)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button.primary").click()
    expect(page.locator("#site .instructions")).to_be_visible()


def test_it_is_heard_written_down_countersigned_and_counts_then(
    page: Page, browser: Browser, web: Web
) -> None:
    shows(page, web)
    listed = page.locator("#site .instructions")
    expect(listed).to_contain_text("personne ne l'a encore écoutée")
    sound = listed.locator("audio")
    sound.evaluate("element => element.play()")
    expect(sound).to_have_js_property("duration", 2)
    assert violations(page) == []
    form = listed.locator("form.heard")
    expect(form.locator("textarea")).to_have_value("")  # nobody guessed at the words
    form.locator("textarea").fill("Le peintre entre à sept heures.")
    form.get_by_role("button", name="Je l'ai écoutée").click()
    expect(listed).to_contain_text("Le peintre entre à sept heures.")
    expect(listed).to_contain_text("inactive : pas contresignée")
    assert (stored(web[0]).transcriber, stored(web[0]).lowers) == (NAME, ("transcribed",))
    assert violations(page) == []
    with browser.new_context() as context:
        chief = context.new_page()
        shows(chief, web, CHIEF)
        chief.get_by_role("button", name="Contresigner").click()
        expect(chief.locator("#site .instructions")).not_to_contain_text("inactive")


def test_nobody_writes_down_what_they_have_not_listened_to(page: Page, web: Web) -> None:
    shows(page, web)
    form = page.locator("#site form.heard")
    form.locator("textarea").fill("Le peintre entre à sept heures.")
    form.get_by_role("button", name="Je l'ai écoutée").click()
    expect(page.get_by_role("alert")).to_contain_text("écoutez d'abord")
    assert stored(web[0]).transcriber is None


@pytest.mark.deep
def test_what_lowers_protection_waits_for_somebody_else(
    page: Page, browser: Browser, web: Web
) -> None:
    plays(web[0], "1001", NAME)
    shows(page, web)
    form = page.locator("#site form.heard")
    form.locator("textarea").fill("N'envoyez personne cette nuit.")
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="Je l'ai écoutée").click()
    expect(page.locator("#site .instructions")).to_contain_text("pas contresignée")
    expect(page.get_by_role("button", name="Contresigner")).to_have_count(0)
    with browser.new_context() as context:
        chief = context.new_page()
        shows(chief, web, CHIEF)
        chief.get_by_role("button", name="Contresigner").click()
        expect(chief.locator("#site .instructions")).not_to_contain_text("inactive")
    assert stored(web[0]).signer == CHIEF


def test_it_can_be_refused_and_an_alarm_shows_that_it_waits(page: Page, web: Web) -> None:
    incident = web[0].alarm("1001")
    log_in(page, web[1], f"/incidents/{incident.id}")
    shown = page.locator("#incident .instructions")
    expect(shown).to_contain_text("personne ne l'a encore écoutée")
    expect(shown.locator("audio")).to_be_visible()
    page.goto(f"{web[1].url}/sites/1001")
    page.get_by_role("button", name="Retirer cette consigne").click()
    expect(page.locator("#site .instructions")).to_have_count(0)
    assert stored(web[0]).withdrawn_by == NAME


def test_the_console_says_that_somebody_left_one_until_it_is_seen_to(page: Page, web: Web) -> None:
    plays(web[0], "1001", NAME)
    log_in(page, web[1])
    tasks = page.locator("#call-backs")
    expect(tasks).to_contain_text("a laissé une consigne à écouter")
    expect(tasks.get_by_role("button", name="Joint", exact=False)).to_have_count(0)
    assert violations(page) == []
    tasks.get_by_role("link", name="a laissé une consigne à écouter").click()
    form = page.locator("#pane #site form.heard")
    form.locator("textarea").fill("N'envoyez personne cette nuit.")
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="Je l'ai écoutée").click()
    expect(tasks).to_contain_text("a laissé une consigne à contresigner")
    page.locator("#pane").get_by_role("button", name="Retirer cette consigne").click()
    expect(tasks).to_contain_text("aucune consigne laissée")


@pytest.mark.deep
def test_what_comes_is_on_the_sites_page_at_once_and_what_is_typed_stays(
    page: Page, web: Web
) -> None:
    shows(page, web)
    typed = page.locator("#site form.heard textarea")
    typed.fill("Le peintre entre")
    dictated(web[0], "1001", "1795200000.2")
    expect(page.locator("#site form.heard")).to_have_count(2)
    expect(typed.first).to_have_value("Le peintre entre")
    expect(typed.last).to_have_value("")
