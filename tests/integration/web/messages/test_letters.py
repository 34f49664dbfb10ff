"""What left for an alarm, with its proof: on its page, over the API, and the folder of letters."""

from __future__ import annotations

import hashlib

import httpx
import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.messages.outbox import Channel
from callflow.core.messages.proof import Receipt
from callflow.core.records.documents import Document, DocumentKind
from callflow.handling.messages import delivery, outbox
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.records import documents
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import WebStation
from web.access.users import Role

TO = "Mme Martin\n3 rue des Lilas\n35000 Rennes"


@pytest.fixture
def incident(station: WebStation) -> str:
    station.site()
    return str(station.alarm().id)


def left(station: WebStation, incident_id: str, channel: Channel, to: str, said: str) -> str:
    """A document that went out; the message's id."""

    def write(tx: Tx) -> str:
        now, incident = clock.now(), incidents.get(tx, incident_id)
        assert incident is not None
        kept = Document(
            id=f"d-{channel}",
            kind=DocumentKind.LETTER,
            name="Lettre à Mme Martin.pdf",
            path=f"d-{channel}.pdf",
            sha256=hashlib.sha256(b"x").hexdigest(),
            size=1,
            made_by="odile",
            made_at=now,
            incident_id=incident_id,
        )
        documents.insert(tx, kept)
        made = outbox.post(
            tx, incident, channel, to, "Décision", "", now, document=kept.id, by="odile"
        )
        assert made is not None
        delivery.message_sent(tx, made, now, Receipt(text=said, reference="4F1"))
        return made

    made: str = station.do(write)
    return made


async def test_the_alarms_page_shows_what_left_and_what_proves_it(
    station: WebStation, operator: httpx.AsyncClient, api: httpx.AsyncClient, incident: str
) -> None:
    left(station, incident, Channel.MAIL, "anne@example.org", "250 2.0.0 queued as 4F1")
    page = (await operator.get(f"/incidents/{incident}")).text
    assert "250 2.0.0 queued as 4F1" in page
    assert "/documents/d-mail" in page
    (one,) = (await api.get(f"/incidents/{incident}/messages")).json()["items"]
    assert (one["channel"], one["state"], one["document"]) == ("mail", "sent", "d-mail")
    assert [(p["stage"], p["reference"]) for p in one["proofs"]] == [("taken", "4F1")]
    assert (await api.get("/incidents/nul/messages")).status_code == 404


async def test_a_letter_is_stamped_once_by_an_operator(
    station: WebStation, app: FastAPI, incident: str
) -> None:
    letter = left(station, incident, Channel.POST, TO, "2026-11-30-lettre.pdf")
    station.user("claire", Role.OPERATOR)
    claire = Person(app, "claire")
    async with claire.client:
        await claire.log_in()
        page = (await claire.see("/post")).text
        assert "rue des Lilas" in page
        assert "2026-11-30-lettre.pdf" in page
        where = f"/post/{letter}/stamp"
        assert (await claire.send(where, number="1A 234")).status_code == 303
        after = (await claire.see("/post")).text
        assert "1A 234" in after
        assert where not in after
        assert (await claire.send(where, number="")).status_code == 409
        assert (await claire.send("/post/nul/stamp")).status_code == 404


async def test_who_only_reads_stamps_nothing(station: WebStation, app: FastAPI) -> None:
    station.user("lea", Role.READER)
    person = Person(app, "lea")
    async with person.client:
        await person.log_in()
        assert (await person.client.get("/post")).status_code == 403
