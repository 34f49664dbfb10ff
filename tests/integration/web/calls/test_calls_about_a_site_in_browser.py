"""Calls about a site, in Chromium: of two alarms at a bank every word is the mute one's (D29), and
who answers sees what the call is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from callflow import clock
from callflow.handling.alarms import operating
from callflow.handling.calls import calling, control
from callflow.storage.sites import contacts
from tests.integration.web.alarms.test_console_in_browser import STAYS
from tests.integration.web.kit.test_browser import log_in
from tests.support.rows.full_rows import connected
from tests.support.stations.full_station import FullStation
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

Web = tuple[FullStation, WebProcess]
BANK, SHOP = "1001", "1102"  # no number is both sites'
SAY_NOTHING = "ne rien dire de l’alarme, ne rien demander qui la trahisse"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.site(BANK, name="Crédit du Parlement")
    station.site(SHOP, name="Pharmacie du Pont")
    station.do(lambda tx: connected(tx, NAME, clock.now()))
    process = WebProcess(station)
    process.start()
    yield FullStation(station), process
    process.kill()
    station.close()


def number(full: FullStation, account: str) -> str:
    """Of somebody at the site."""
    found = full.station.store.read_now(lambda tx: contacts.called(tx, account))
    return str(found[0].phone)


@pytest.mark.parametrize("order", [("FA", "HA"), ("HA", "FA")])
def test_two_alarms_at_a_bank_have_the_mute_one_s_words(
    page: Page, web: Web, order: tuple[str, str]
) -> None:
    full, process = web
    row = {code: full.station.alarm(BANK, code).id for code in order}
    full.do(lambda tx: operating.claim(tx, row["FA"], NAME, clock.now()))
    log_in(page, process)
    for code in order:  # whichever page is looked at
        page.goto(f"{process.url}/incidents/{row[code]}")
        expect(page.locator(".say")).to_contain_text(SAY_NOTHING)
        expect(page.locator(".say blockquote")).to_have_count(0)
        expect(page.locator("form[data-act=call]")).to_have_count(0)
    page.goto(process.url)
    expect(page.locator("[data-clock]")).not_to_have_text("--:--:--", timeout=15000)
    full.rings_for(NAME, full.waits(number(full, BANK)))
    pop = page.locator("#pop .candidate")
    expect(pop).to_contain_text(SAY_NOTHING)
    expect(pop.locator("blockquote")).to_have_count(0)
    expect(pop.get_by_role("link", name="Alarme agression").first).to_be_visible()


def test_who_answers_sees_the_call_s_own_alarm(page: Page, web: Web) -> None:
    """Though another site's alarm was in view, with a note that is half typed."""
    full, process = web
    shop = full.station.alarm(SHOP, "BA").id
    bank = full.station.alarm(BANK, "FA").id
    log_in(page, process, f"/?incident={shop}")
    note = page.locator("#form-note textarea")
    note.fill("le rideau")
    leg = full.rings_for(NAME, full.waits(number(full, BANK)))
    expect(page.locator("#pop .candidate")).to_contain_text("Crédit du Parlement")
    expect(page.locator("#incident")).to_have_attribute("data-incident", shop)
    full.do(lambda tx: calling.call_answered(tx, leg, clock.now()))
    expect(page.locator("#incident")).to_have_attribute("data-incident", bank)
    page.locator("#calls .legabout a").focus()
    full.do(lambda tx: control.mute(tx, NAME, True, clock.now()))
    expect(page.locator("#calls [data-phone=unmute]")).to_be_visible()  # redrawn
    expect(page.locator("#calls .legabout a")).to_be_focused()
    page.locator(".row", has_text="Pharmacie").get_by_role("link").first.click()
    expect(note).to_have_value("le rideau")


def test_hold_and_silence_are_taken_back_like_an_act(page: Page, web: Web) -> None:
    full, process = web
    full.station.alarm(SHOP, "BA")
    page.add_init_script(STAYS)
    log_in(page, process)
    leg = full.rings_for(NAME, full.waits(number(full, SHOP)))
    full.do(lambda tx: calling.call_answered(tx, leg, clock.now()))
    for act, said in (("hold", "Mis en attente"), ("mute", "Micro coupé")):
        button = page.locator(f"#calls [data-phone={act}]")
        button.click()
        expect(page.locator("#undo")).to_contain_text(said)
        expect(button).to_have_count(0)
        page.keyboard.press("u")
        expect(page.locator("#undo form")).to_have_count(0)
        expect(button).to_be_visible()


def test_who_waits_is_shown_though_the_telephone_s_script_comes_last(page: Page, web: Web) -> None:
    """What the stream says first it says once: it is opened when every script listens."""
    full, process = web
    log_in(page, process)
    full.waits(number(full, SHOP))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/telephone.js", hold)
    page.goto(process.url, wait_until="commit")
    page.wait_for_timeout(3000)
    for one in held:
        one.continue_()
    page.unroute("**/telephone.js")
    expect(page.locator("#calls [data-waits]")).to_have_count(1)


def test_who_answers_a_call_without_an_alarm_sees_its_site(page: Page, web: Web) -> None:
    full, process = web
    shop = full.station.alarm(SHOP, "BA").id
    log_in(page, process, f"/?incident={shop}")
    leg = full.rings_for(NAME, full.waits(number(full, BANK)))
    expect(page.locator("#pop .candidate")).to_contain_text("Crédit du Parlement")
    full.do(lambda tx: calling.call_answered(tx, leg, clock.now()))
    expect(page.locator("#site h1")).to_contain_text("Crédit du Parlement")


def test_an_operator_asks_a_bank_its_question_and_a_wrong_answer_is_a_personal_alarm(
    page: Page, web: Web
) -> None:
    full, process = web
    text = "Le facteur est-il passé ?"
    question = {"text": text, "answers": ["Oui", "Non"], "right": 2}
    full.station.site(BANK, schedule={"arrived_within": 5, "question": question})
    row = full.station.not_arrived(BANK)
    log_in(page, process, f"/?incident={row.id}")
    page.get_by_role("button", name="Prendre").first.click()
    expect(page.locator(".say blockquote")).to_contain_text(text)
    expect(page.locator(".say blockquote")).not_to_contain_text("reçu")
    page.locator("#form-opening").get_by_role("button", name="Oui").press("Enter")
    expect(page.locator(".say")).to_contain_text(SAY_NOTHING)
    expect(page.locator("form[data-act=call]")).to_have_count(0)
