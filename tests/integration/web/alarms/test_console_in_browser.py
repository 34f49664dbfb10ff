"""The one-page console in Chromium: panes, undo, palette, passwords, several tabs, two schemes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from callflow import clock
from callflow.handling.alarms import operating
from tests.integration.web.kit.test_browser import log_in, violations, watched
from tests.support.stations.web_station import NAME, WebProcess, WebStation, site_body
from web.access.users import Role

Web = tuple[WebStation, WebProcess]

#: What may be taken back is offered until it is.
STAYS = "const set = setTimeout; window.setTimeout = (f, ms) => (ms === 8000 ? 0 : set(f, ms));"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A bakery with passwords, two alarms of one garage, and a colleague."""
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    station.user("yves", Role.OPERATOR)
    contacts = site_body("1001")["contacts"]
    contacts[1] |= {"password": "Été indien", "duress_password": "hiver"}
    station.site("1001", name="Boulangerie", contacts=contacts)
    station.site("1002", name="Garage")
    station.alarm("1001")
    station.alarm("1002")
    station.alarm("1002", code="FA", zone="4")
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def show(page: Page, web: Web, name: str) -> None:
    log_in(page, web[1])
    page.locator(".row", has_text=name).first.locator("a.title").click()
    expect(page.locator("#incident h1")).to_contain_text(name)


def test_an_incident_opens_beside_the_queue_and_what_is_typed_stays(page: Page, web: Web) -> None:
    station, _ = web
    show(page, web, "Boulangerie")
    note = page.locator("#incident").get_by_placeholder("Ce qu'il faut retenir…")
    note.fill("à moitié éc")
    station.alarm("1001", zone="5")  # this incident changes, and its row
    expect(page.locator("#h-signals .count")).to_have_text("2")
    expect(note).to_have_value("à moitié éc")
    expect(note).to_be_focused()
    page.locator(".row", has_text="Garage").first.locator("a.title").click()
    expect(page.locator("#incident h1")).to_contain_text("Garage")
    expect(page.locator("#incident").get_by_placeholder("Ce qu'il faut retenir…")).to_have_value("")
    page.go_back()
    expect(page.locator("#incident h1")).to_contain_text("Boulangerie")
    expect(note).to_have_value("à moitié éc")
    page.reload()  # the address names the incident
    expect(page.locator("#incident h1")).to_contain_text("Boulangerie")
    expect(page.get_by_role("heading", name="File des opérateurs")).to_be_visible()


def test_what_flashes_stands_still_between_its_turns(page: Page, web: Web) -> None:
    """An animation, of steps too, has the whole page drawn sixty times a second."""
    log_in(page, web[1])
    colour = "(e) => getComputedStyle(e).backgroundColor"
    badge = page.locator(".row .badge.flash").first
    before = badge.evaluate(colour)
    handle = badge.element_handle()
    page.wait_for_function(f"([e, before]) => ({colour})(e) !== before", arg=[handle, before])
    assert page.evaluate("document.getAnimations().length") == 0
    page.emulate_media(reduced_motion="reduce")
    turn = "document.body.classList.toggle('beat')"
    turned = badge.evaluate(f"(e) => [0, 1].map(() => {{ {turn}; return ({colour})(e); }})")
    assert turned[0] == turned[1]


def test_an_act_is_taken_back_by_a_key_within_seconds(page: Page, web: Web) -> None:
    show(page, web, "Boulangerie")
    page.keyboard.press("a")
    expect(page.locator(".facts")).to_contain_text(f"{NAME} (vous)")
    expect(page.locator("#undo")).to_contain_text("Annuler")
    page.keyboard.press("u")
    expect(page.locator(".facts")).to_contain_text("l'automate")
    expect(page.locator(".log")).to_contain_text("annule son acte")
    expect(page.locator("#undo form")).to_have_count(0)
    page.keyboard.press("a")
    expect(page.locator("#undo form")).to_have_count(1)
    assert violations(page) == []
    expect(page.locator("#undo form")).to_have_count(0, timeout=30_000)  # the offer ends by itself


def test_what_is_muted_sounds_again_by_the_same_key(page: Page, web: Web) -> None:
    page.add_init_script(STAYS)
    log_in(page, web[1])
    mute, offered = page.locator("#mute"), page.locator("#undo form")
    page.keyboard.press("m")
    expect(mute).to_have_attribute("aria-pressed", "true")
    expect(offered).to_contain_text("Son des alarmes coupé")
    assert violations(page) == []
    page.keyboard.press("u")
    expect(mute).to_have_attribute("aria-pressed", "false")
    expect(offered).to_have_count(0)
    page.keyboard.press("m")
    expect(offered).to_have_count(1)
    page.keyboard.press("m")
    expect(offered).to_have_count(0)


def test_the_palette_finds_acts_and_alarms_and_gives_the_focus_back(page: Page, web: Web) -> None:
    said = watched(page)
    log_in(page, web[1])
    page.keyboard.press("F8")
    focused = page.locator(".row:has(:focus)")
    expect(focused).to_be_visible()
    page.keyboard.press("Control+k")
    typed = page.get_by_role("combobox", name="Commande, site, personne")
    expect(typed).to_be_focused()
    assert violations(page) == []
    page.keyboard.type("boulan")
    found = page.get_by_role("option", name="Boulangerie").first
    expect(found).to_be_visible()
    assert violations(page) == []
    expect(found).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#incident h1")).to_contain_text("Boulangerie")
    expect(focused).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("aide")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Clavier")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("a")  # a modal is open: no act happens behind it
    page.keyboard.press("Control+k")
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".facts")).not_to_contain_text("(vous)")
    assert said == []


def test_a_form_that_did_not_change_is_the_same_when_the_alarm_is_read_anew(
    page: Page, web: Web
) -> None:
    station, _ = web
    show(page, web, "Boulangerie")
    signals = page.locator("#h-signals .count")
    before = int(signals.inner_text())
    token = page.locator("#incident [name=csrf]").first
    was = token.input_value()
    station.alarm("1001", zone="11")
    expect(signals).to_have_text(str(before + 1))
    expect(token).to_have_value(was)


def test_a_password_is_judged_as_it_is_heard(page: Page, web: Web) -> None:
    show(page, web, "Boulangerie")
    page.keyboard.press("a")
    section = page.locator(".passwords")
    expect(section).to_be_visible()
    for heard, verdict in (("été normand", "faux"), ("ETE indien", "juste"), ("hiver", "juste")):
        page.keyboard.press("Escape")
        page.locator("#h-incident").focus()
        page.keyboard.press("v")
        page.keyboard.type(heard)
        page.keyboard.press("Enter")
        expect(section.locator(".verdicts")).to_contain_text(f"mot de passe {verdict}")
        expect(page.locator("#incident")).not_to_contain_text(heard)
    expect(section.locator(".discreet")).to_have_count(1)
    expect(page.locator(".headline")).to_contain_text("contrainte")
    assert violations(page) == []


def test_a_shown_password_stays_until_the_next_act(page: Page, web: Web) -> None:
    station, _ = web
    show(page, web, "Boulangerie")
    page.keyboard.press("a")
    page.get_by_text("Afficher un mot de passe").click()
    form = page.locator("form[data-act=reveal-password]")
    form.get_by_label("Motif").fill("épelé par le gardien")
    form.get_by_role("button", name="Afficher").click()
    expect(page.locator(".passwords .shown")).to_contain_text("Été indien")
    station.alarm("1001", zone="6")
    expect(page.locator("#h-signals .count")).to_have_text("2")
    expect(page.locator(".passwords .shown")).to_contain_text("Été indien")
    page.locator("#incident .note textarea").fill("vu")
    page.get_by_role("button", name="Noter", exact=True).click()
    expect(page.locator(".log")).to_contain_text("vu")
    expect(page.locator(".passwords .shown")).to_have_count(0)
    expect(page.locator(".log")).to_contain_text("Motif : épelé par le gardien")


def test_the_alarms_of_one_site_are_noted_and_closed_together(page: Page, web: Web) -> None:
    show(page, web, "Garage")
    page.keyboard.press("a")
    expect(page.locator(".facts")).to_contain_text("(vous)")
    both = page.locator("form[data-act=together]")
    expect(both.get_by_role("checkbox")).to_have_count(2)
    expect(page.get_by_role("navigation", name="Alarmes de ce site")).to_be_visible()
    both.get_by_role("button", name="Acquitter toutes").click()
    expect(both.get_by_role("alert")).to_contain_text("code acquis")  # said, and nothing was done
    both.get_by_label("Remarque pour toutes").fill("essai du samedi")
    both.get_by_label("Code acquis pour toutes").select_option("false_alarm")
    both.get_by_role("button", name="Acquitter toutes").click()
    expect(page.locator("#together-said")).to_contain_text("Fait pour 2 alarmes")
    expect(page.locator("#list-waiting .row", has_text="Garage")).to_have_count(2)
    assert violations(page) == []


@pytest.mark.deep
def test_a_colleague_is_handed_the_site(page: Page, web: Web) -> None:
    show(page, web, "Garage")
    page.keyboard.press("a")
    expect(page.locator(".facts")).to_contain_text("(vous)")
    page.keyboard.press("t")
    expect(page.locator("form[data-act=transfer] select")).to_be_focused()
    page.keyboard.type("yves")
    expect(page.locator("form[data-act=transfer] select")).to_have_value("yves")
    page.locator("form[data-act=transfer] button").press("Enter")
    expect(page.locator(".facts")).to_contain_text("yves")
    expect(page.locator(".row.own")).to_have_count(0)
    expect(page.locator(".row .holder", has_text="yves")).to_have_count(2)


def test_why_it_cannot_be_taken_stands_in_the_row(page: Page, web: Web) -> None:
    station, _ = web
    row = station.alarm("1002", zone="7")
    station.do(lambda tx: operating.claim(tx, row.id, "yves", clock.now()))
    station.alarm("1002", code="MA", zone="8")
    log_in(page, web[1])
    medical = page.locator(".row", has_text="médicale")
    expect(medical).to_contain_text("yves tient ce site")
    expect(medical.locator(".take")).to_be_hidden()


def test_after_a_cut_the_pane_is_as_true_as_the_queue(page: Page, web: Web) -> None:
    station, process = web
    show(page, web, "Boulangerie")
    process.kill()
    expect(page.locator("#cut")).to_be_visible()
    row = station.alarm("1001", zone="9")
    station.do(lambda tx: operating.claim(tx, row.id, "yves", clock.now()))
    process.start()
    expect(page.locator("#cut")).to_be_hidden(timeout=15000)
    expect(page.locator("#h-signals .count")).to_have_text("2", timeout=15000)
    expect(page.locator(".facts")).to_contain_text("yves")


def test_a_hidden_tab_and_a_second_one_are_told_too(page: Page, web: Web) -> None:
    station, process = web
    log_in(page, process)
    second = page.context.new_page()  # the first is hidden behind it
    second.goto(process.url)
    expect(second.locator("[data-clock]")).not_to_have_text("--:--:--", timeout=15000)
    row = station.alarm("1001", zone="8")
    station.do(lambda tx: operating.claim(tx, row.id, "yves", clock.now()))
    for tab in (second, page):
        expect(tab.locator(f"#i-{row.id} .holder")).to_have_text("yves")


def test_the_alarms_are_mute_for_a_minute_at_most(page: Page, web: Web) -> None:
    log_in(page, web[1])
    mute = page.get_by_role("button", name="Couper le son 60 s")
    page.keyboard.press("m")
    expect(mute).to_have_attribute("aria-pressed", "true")
    expect(mute).to_have_text(re.compile(r"Couper le son 60 s\s+(60|5\d) s"))
    page.keyboard.press("m")
    expect(mute).to_have_attribute("aria-pressed", "false")


@pytest.mark.deep
def test_a_chosen_scheme_stays_and_nothing_is_reloaded(browser: Browser, web: Web) -> None:
    with browser.new_context(color_scheme="dark", locale="fr-FR") as context:
        page = context.new_page()
        show(page, web, "Boulangerie")
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        dark = page.evaluate(ground)
        page.evaluate("window.stays = true")
        page.locator("#my-menu summary").press("Enter")
        with page.expect_response("**/scheme"):
            page.get_by_role("button", name="Clair").press("Enter")
        expect(page.locator("html")).to_have_attribute("data-scheme", "light")
        assert page.evaluate(ground) != dark
        assert page.evaluate("window.stays")
        assert violations(page) == []
        page.goto(f"{web[1].url}/lines")
        assert page.evaluate(ground) != dark


def test_what_is_typed_stays_in_its_form_when_others_come_and_go(page: Page, web: Web) -> None:
    web[0].alarm("1001", code="HA", zone="2")  # the machine has nothing to do: no button for it
    log_in(page, web[1])
    page.locator(".row", has_text="agression").first.locator("a.title").click()
    note = page.locator("#incident form[data-act=note] [name=text]")
    note.fill("Essai de la sirène")
    claim = page.locator("#incident form[data-act=claim]")
    claim.evaluate("form => form.requestSubmit()")  # the focus stays where it is typed
    park = page.locator("#incident form[data-act=park]")
    expect(park).to_be_attached()
    expect(park.locator("[name=reminder]")).to_have_value("")
    expect(park.locator("[name=minutes]")).to_have_value("5")
    expect(note).to_have_value("Essai de la sirène")


def test_only_the_columns_scroll(page: Page, web: Web) -> None:
    show(page, web, "Boulangerie")
    page.locator("#h-log").scroll_into_view_if_needed()
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    expect(page.locator(".foot")).to_be_in_viewport()
