"""An administrator writes a letter's text: looked at before it counts, refused where it has a blank
that there is none of, and never more than text."""

from __future__ import annotations

import html

import pytest
from fastapi import FastAPI

from callflow.core.records.letters import LetterKind
from callflow.handling.records import letters
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import NAME, WebStation
from web.access.users import Role

HERE = "/settings/letters"
OF = {"kind": "report_client", "language": "fr"}


@pytest.fixture
async def chief(station: WebStation, app: FastAPI) -> Person:
    station.user("odile", Role.ADMINISTRATOR)
    person = Person(app, "odile")
    await person.log_in()
    return person


def text(station: WebStation) -> str:
    kept = station.store.read_now(lambda tx: letters.text_of(tx, LetterKind.REPORT_CLIENT, "fr"))
    return kept.body


async def test_it_is_looked_at_saved_and_taken_back(station: WebStation, chief: Person) -> None:
    standard = text(station)
    typed = {**OF, "subject": "Rapport {reference}", "text": "Votre site {site}.\n{station}"}
    shown = await chief.fill(HERE, HERE, **typed)
    assert shown.status_code == 303
    assert text(station) == "Votre site {site}.\n{station}"
    seen = await chief.send(f"{HERE}/preview", **OF, subject="A {reference}", text="<b>{site}</b>")
    assert "A 3F2C9A71" in seen.text
    assert "&lt;b&gt;Boulangerie des Halles&lt;/b&gt;" in seen.text
    assert text(station) == "Votre site {site}.\n{station}"  # a preview saves nothing
    assert (await chief.fill(HERE, f"{HERE}/reset", **OF)).status_code == 303
    assert text(station) == standard


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("", "x"),
        ("x", "{code}"),
        ("{site.__class__.__mro__}", "x"),
        ("x", "{{7*7}}"),
        ("x", "{% import os %}{0.__globals__}"),
    ],
)
async def test_what_is_no_text_is_refused(
    station: WebStation, chief: Person, subject: str, body: str
) -> None:
    standard = text(station)
    for where in (HERE, f"{HERE}/preview"):
        put = await chief.hidden(HERE, HERE, OF)
        answer = await chief.client.post(
            where, data={**put, **OF, "subject": subject, "text": body}
        )
        assert answer.status_code == 409
        assert "49" not in html.unescape(answer.text).partition('id="h-preview"')[2]
    assert text(station) == standard


async def test_who_does_not_administer_writes_none(station: WebStation, app: FastAPI) -> None:
    station.user(NAME, Role.SUPERVISOR)
    person = Person(app, NAME)
    await person.log_in()
    assert (await person.see(HERE)).status_code == 403
    assert (await person.send(HERE, **OF, subject="x", text="y")).status_code == 403
