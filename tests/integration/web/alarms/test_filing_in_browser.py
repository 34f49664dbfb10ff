"""What keeps an alarm from being filed, and two people who answer for it, in Chromium (D26)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from callflow.core.alarms.incident import Incident
from callflow.storage.alarms import incidents
from tests.integration.web.kit.test_browser import violations, watched
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
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def shows(page: Page, web: Web, row: Incident, who: str = NAME) -> None:
    page.goto(f"{web[1].url}/login?next=/incidents/{row.id}")
    page.locator("[name=name]").fill(who)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("button.primary").click()
    expect(page.locator("#incident")).to_be_visible()


def takes(page: Page) -> None:
    page.get_by_role("button", name="Prendre", exact=True).click()
    expect(page.locator(".facts")).to_contain_text(f"{NAME} (vous)")


def closes(page: Page, text: str = "") -> None:
    if page.locator("#closing:not([open])").count():
        page.locator("#closing > summary").click()
    page.locator("#form-close").get_by_label("Code acquis").select_option("false_alarm")
    page.locator("#form-close [name=text]").fill(text)
    page.locator("#form-close").get_by_role("button").click()


def state(web: Web, row: Incident) -> str:
    found = web[0].store.read_now(lambda tx: incidents.get(tx, row.id))
    assert found is not None
    return str(found.state)


def test_closing_twice_says_what_is_open_and_files_no_zone_in_alarm(page: Page, web: Web) -> None:
    row = web[0].alarm("1001")
    shows(page, web, row)
    expect(page.locator("#form-close")).to_have_count(0)  # nobody closes what nobody took
    takes(page)
    closes(page)
    expect(page.locator(".facts")).to_contain_text("attente")
    assert state(web, row) == "awaiting_normal"
    takes(page)
    closes(page)
    expect(page.get_by_role("alert")).to_contain_text("n'est pas revenu à la normale")
    expect(page.locator(".filing")).to_contain_text("zone 3 en alarme")
    assert violations(page) == []
    assert state(web, row) == "awaiting_normal"
    web[0].alarm("1001", code="BR")
    assert state(web, row) == "filed"


def test_what_is_typed_before_an_act_is_answered_stays(page: Page, web: Web) -> None:
    """The stream shows what came of it first, and the next thing is typed at once."""
    held: list[Route] = []
    row = web[0].alarm("1001")
    shows(page, web, row)
    takes(page)

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/note", hold)
    note = page.locator("#form-note textarea")
    note.fill("la zone 3 est vue ouverte")
    with page.expect_request("**/note"):
        page.locator("#form-note button").click()
    answer = held[0].fetch()
    expect(page.locator(".log")).to_contain_text("la zone 3 est vue ouverte")
    note.fill("la zone 3 est vue fermée")
    with page.expect_response("**/undo"):
        held[0].fulfill(response=answer)
    expect(page.locator("#problem")).to_be_hidden()
    expect(note).to_have_value("la zone 3 est vue fermée")


@pytest.mark.deep
def test_a_hold_up_is_filed_by_the_operator_and_a_supervisor_together(
    page: Page, browser: Browser, web: Web
) -> None:
    row = web[0].alarm("1001", code="HA")
    said = watched(page)
    shows(page, web, row)
    expect(page.locator(".filing")).to_contain_text("la police n'a jamais été appelée")
    takes(page)
    closes(page, "un enfant a joué avec le bouton")
    expect(page.get_by_role("alert")).to_contain_text("un superviseur")
    expect(page.locator(".filing")).to_contain_text(f"{NAME} demande l'acquittement")
    expect(page.locator("#form-sign")).to_have_count(0)
    closes(page, "je le redis")
    expect(page.get_by_role("alert")).to_contain_text("un superviseur")
    assert (state(web, row), violations(page)) == ("open", [])
    with browser.new_context() as context:
        chief = context.new_page()
        shows(chief, web, row, CHIEF)
        expect(chief.locator(".filing")).to_contain_text("la police n'a jamais été appelée")
        chief.locator("#form-sign [name=text]").fill("rappelé, mot de passe juste")
        chief.locator("#form-sign").get_by_role("button").click()
        expect(chief.locator(".facts")).to_contain_text("classée")
        expect(chief.locator(".log")).to_contain_text(f"validée par {CHIEF}")
    assert state(web, row) == "filed"
    assert [text for text in said if "403" not in text] == []
