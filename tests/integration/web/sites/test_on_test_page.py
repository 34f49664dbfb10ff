"""A test has its page (D17): set, extended twice within the role's limits, ended; who, until when,
which zones. In Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from callflow.storage.watch import supervision
from tests.integration.web.kit.test_browser import log_in, violations
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role

Web = tuple[WebStation, WebProcess]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.OPERATOR)
    everything = {"*": ["cancel", "set_on_test"]}
    anne = {"id": "anne", "name": "Anne Le Goff", "role": "keyholder", "phone": "06 39 98 10 11"}
    station.site(contacts=[anne | {"authorities": everything}])
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


@pytest.mark.deep
def test_a_test_is_set_extended_twice_and_ended_on_its_page(page: Page, web: Web) -> None:
    station, process = web
    log_in(page, process, "/sites/1001")
    page.get_by_role("link", name="Essais").click()
    expect(page.get_by_text("Rien n’est en essai")).to_be_visible()
    offered = page.locator("form[action$=tests] select[name=hours] option")
    assert offered.all_inner_texts() == ["1 h", "2 h", "4 h"]  # an operator's, not a supervisor's
    page.get_by_label("Zones, séparées par des virgules").fill("77")
    page.get_by_label("Motif").fill("remplacement du détecteur")
    page.get_by_role("button", name="Commencer l’essai").click()
    expect(page.get_by_role("alert")).to_be_visible()  # there is no such zone
    page.get_by_label("Zones, séparées par des virgules").fill("3")
    page.get_by_label("Qui l’a demandé").select_option("Anne Le Goff")
    page.get_by_role("button", name="Commencer l’essai").click()
    running = page.locator("[aria-labelledby=h-running] li")
    for said in ("zones 3", "remplacement du détecteur", NAME, "Anne Le Goff", "encore 2"):
        expect(running).to_contain_text(said)
    assert violations(page) == []
    for hours, left in (("2 h", "encore 1"), ("4 h", "encore 0")):
        running.get_by_label("Durée, à compter de maintenant").select_option(hours)
        running.get_by_role("button", name="Prolonger").click()
        expect(running).to_contain_text(left)
    expect(running.get_by_role("button", name="Prolonger")).to_have_count(0)
    running.get_by_role("button", name="Terminer l’essai").click()
    expect(page.get_by_text("Rien n’est en essai")).to_be_visible()
    expect(page.locator("[aria-labelledby=h-over] li")).to_contain_text("remplacement du détecteur")
    (row,) = station.store.read_now(lambda tx: supervision.tests_of(tx, "1001", limit=9))
    assert (row.extensions, row.ended_by, row.zones) == (2, NAME, ("3",))
