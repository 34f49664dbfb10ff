"""Monthly reports: subscribed to on a page, made once in a night, sent by mail, read again."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pypdf
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from callflow.processes.reporting import report
from callflow.storage import Tx
from callflow.storage import schema as t
from tests.support.attacks.random_history import RandomHistory
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role

NIGHT = datetime(2026, 12, 1, 2, 30, tzinfo=UTC)  # 03:30 at the station
CHIEF = {"subject": "station", "to": "chief@example.org", "language": "fr"}
HOSTILE = "<b>SARL</b> {{ 7*7 }} =1+1"


@pytest.fixture
def past(station: WebStation) -> None:
    history = RandomHistory(2, sites=3, days=(NIGHT - timedelta(days=9), NIGHT - timedelta(days=5)))
    station.do(history.world)
    station.do(lambda tx: tx.execute(t.client.update().values(name=HOSTILE)))
    station.do(lambda tx: history.alarms(tx, 60))


async def chief(station: WebStation, app: FastAPI) -> Person:
    station.user("odile", Role.SUPERVISOR)
    person = Person(app, "odile")
    assert (await person.log_in()).status_code == 303
    return person


def messages(tx: Tx) -> list[tuple[str, str, str | None]]:
    c = t.outbox.c
    return [tuple(row) for row in tx.execute(select(c.to, c.subject, c.document_id).order_by(c.to))]


@pytest.mark.usefixtures("past")
async def test_a_months_report_is_made_once_in_the_night_and_sent(
    station: WebStation, app: FastAPI
) -> None:
    odile = await chief(station, app)
    for form in (CHIEF, {**CHIEF, "subject": "client", "subject_id": "c", "to": "c@example.org"}):
        assert (await odile.send("/statistics/reports", **form)).status_code == 303
    by_day = NIGHT.replace(hour=9)
    assert not await report(station.store, station.settings, by_day)
    assert await report(station.store, station.settings, NIGHT)
    assert await report(station.store, station.settings, NIGHT)
    assert not await report(station.store, station.settings, NIGHT)  # once
    assert not await report(station.store, station.settings, NIGHT + timedelta(days=3))
    (client, _, document), (_, title, _) = station.store.read_now(messages)
    assert client == "c@example.org"
    assert title == "Rapport mensuel de la station – novembre 2026"
    page = await odile.see("/statistics/reports?lang=en")
    assert page.text.count(">PDF</a>") == 2
    pdf = await odile.see(f"/statistics/reports/{document}.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    text = "\n".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    assert "novembre 2026" in text
    assert HOSTILE in text.replace("\n", " ")
    assert "Objectifs de la première action" in text
    assert "nora" not in text  # nothing of any operator
    assert await report(station.store, station.settings, NIGHT + timedelta(days=31))  # the next


async def test_who_gets_one_is_a_supervisors_matter(station: WebStation, app: FastAPI) -> None:
    station.user("ines", Role.OPERATOR)
    ines = Person(app, "ines")
    await ines.log_in()
    assert (await ines.see("/statistics/reports")).status_code == 403
    assert (await ines.send("/statistics/reports", **CHIEF)).status_code == 403
    odile = await chief(station, app)
    wrong = (
        {**CHIEF, "to": "nobody"},
        {**CHIEF, "to": "a@b.org\r\nBcc: x@example.org"},
        {**CHIEF, "subject": "client", "subject_id": "nothing"},
        {**CHIEF, "subject": "firm", "subject_id": ""},
        {**CHIEF, "subject": "../station"},
    )
    for form in wrong:
        assert (await odile.send("/statistics/reports", **form)).status_code in (409, 422)
    assert (await odile.send("/statistics/reports", **CHIEF)).status_code == 303
    assert (await odile.send("/statistics/reports", **CHIEF)).status_code == 409  # again
    page = (await odile.see("/statistics/reports?lang=en")).text
    (key,) = {part.split("/remove")[0] for part in page.split("/statistics/reports/")[1:]}
    assert (await odile.send(f"/statistics/reports/{key}/remove")).status_code == 303
    assert "Nobody yet." in (await odile.see("/statistics/reports?lang=en")).text
    assert (await odile.see("/statistics/reports/nothing.pdf")).status_code == 404
