"""What a printer gives: an incident's sheet and a handover's, whole, without what is pressed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from tests.integration.web.kit.test_browser import log_in
from tests.support.stations.web_station import NAME, WebProcess, WebStation
from web.access.users import Role


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[WebStation, WebProcess]]:
    station = WebStation(tmp_path)
    station.user(NAME, Role.SUPERVISOR)
    station.site()
    for zone in ("3", "4", "5"):
        station.alarm(zone=zone)
    process = WebProcess(station)
    process.start()
    yield station, process
    process.kill()
    station.close()


def printed(page: Page, url: str) -> str:
    """The words on the sheets."""
    page.goto(url)
    pdf = page.pdf(prefer_css_page_size=True)
    sheets = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(sheet.extract_text() for sheet in sheets).split())


@pytest.mark.deep
def test_an_incident_and_a_handover_are_sheets(
    page: Page, web: tuple[WebStation, WebProcess]
) -> None:
    station, process = web
    log_in(page, process)
    row = station.newest("1001")
    sheet = printed(page, f"{process.url}/incidents/{row.id}")
    for said in ("Bijouterie du Parlement", "Intrusion", "Anne Le Goff", "Main courante", "Hall"):
        assert said in sheet, said
    for pressed in ("Prendre", "Noter", "Se déconnecter", "Rechercher", "Ctrl+K"):
        assert pressed not in sheet, pressed
    handover = printed(page, f"{process.url}/shift")
    for said in ("Bijouterie du Parlement", "Lu", "Nom, heure et signature", "Main courante"):
        assert said in handover, said
    for pressed in ("Votre mot de passe", "Prendre le poste", "Faire entendre le signal"):
        assert pressed not in handover, pressed
