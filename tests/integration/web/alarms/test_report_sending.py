"""A report leaves by a key of the alarm's page or by its plan: asked for in a row, laid out as it
is sent, kept once."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from fastapi import FastAPI

from callflow import clock
from callflow.core.messages.fax import Sending
from callflow.core.messages.outbox import Channel, Claimed, Fault, Undelivered
from callflow.core.records.documents import DocumentKind
from callflow.core.records.letters import LetterKind
from callflow.handling.alarms import operating
from callflow.handling.calls import faxes
from callflow.handling.messages import delivery, outbox
from callflow.handling.plans import plans
from callflow.handling.records import letters
from callflow.notify.reports import Reports
from callflow.storage.records import documents
from tests.support.pages.visitors import Person
from tests.support.stations.web_station import NAME, WebStation, site_body
from web.access.users import Role

TO = "gerance@example.org"


def claimed(station: WebStation) -> list[Claimed]:
    now, ways = clock.now(), (Channel.MAIL, Channel.PRINT, Channel.POST)
    return list(station.do(lambda tx: delivery.claim_messages(tx, now, dict.fromkeys(ways, 9))))


async def test_an_operator_sends_it_with_the_stations_letter(
    station: WebStation, app: FastAPI
) -> None:
    station.site()
    incident = str(station.alarm().id)
    kind, text = LetterKind.REPORT_CLIENT, ("fr", "Alarme {alarm}", "Site {site} {reference}")
    station.do(lambda tx: letters.set_text(tx, kind, *text, "odile", clock.now()))
    station.user(NAME, Role.OPERATOR)
    claire = Person(app, NAME)
    await claire.log_in()
    form: dict[str, Any] = {"for": "client", "to": TO}
    answer = await claire.send(f"/incidents/{incident}/send-report", **form)
    assert answer.status_code == 303
    full = await claire.send(f"/incidents/{incident}/send-report", **form | {"for": "full"})
    assert full.status_code == 409
    assert "superviseur" in full.text
    wrong = await claire.send(f"/incidents/{incident}/send-report", **form | {"to": "x@y\r\nBcc"})
    assert wrong.status_code == 409
    (message,) = claimed(station)
    site = station.store.read_now(lambda tx: operating.known(tx, incident).site_id)
    assert (message.to, message.subject) == (TO, "Alarme intrusion")
    assert message.body.endswith(incident[:12].upper())
    assert message.document_id is None
    reports = Reports(station.settings, station.store)
    sent = await reports.attach(message, clock.now())
    (kept,) = station.store.read_now(lambda tx: documents.of_incident(tx, incident))
    assert (sent.document_id, kept.kind, kept.site_id) == (
        kept.id,
        DocumentKind.REPORT_CLIENT,
        site,
    )
    assert sent.enclosed
    assert (sent.enclosed.path, sent.enclosed.sha256) == (kept.path, kept.sha256)
    assert await reports.attach(sent, clock.now()) == sent  # once
    shown = (await claire.see(f"/incidents/{incident}")).text
    assert f"/documents/{kept.id}" in shown
    file = await claire.see(f"/documents/{kept.id}")
    assert file.content.startswith(b"%PDF")
    assert (await claire.see("/documents/none")).status_code == 404


async def test_a_plan_posts_it_to_the_site(station: WebStation) -> None:
    tell = {"id": "tell", "kind": "notify", "channel": "post", "report": "client"}
    steps = [tell, {"id": "hand", "kind": "hand_to_operator"}]
    body = {"id": "told", "name": "Informe", "steps": steps}
    station.do(lambda tx: plans.publish_plan(tx, body, "odile", clock.now()))
    station.site(plans={"intrusion": "told"}, address="3 rue des Lilas", postcode="35000")
    station.alarm()
    (message,) = claimed(station)
    assert message.to.endswith("3 rue des Lilas\n35000")
    sent = await Reports(station.settings, station.store).attach(message, clock.now())
    assert sent.document_id


async def test_a_plan_sends_it_and_leaves_the_words_to_the_letter(station: WebStation) -> None:
    tell: dict[str, Any] = {"id": "tell", "kind": "notify", "to": TO, "report": "client"}
    steps = [tell, {"id": "hand", "kind": "hand_to_operator"}]
    body = {"id": "told", "name": "Informe", "steps": steps}
    station.do(lambda tx: plans.publish_plan(tx, body, "odile", clock.now()))
    station.site(plans={"intrusion": "told"})
    incident = str(station.alarm().id)
    (message,) = claimed(station)
    assert (message.incident_id, message.data["report"]) == (incident, "client")
    sent = await Reports(station.settings, station.store).attach(message, clock.now())
    assert sent.document_id
    assert sent.subject.startswith("Rapport d'alarme")
    assert "Madame, Monsieur" in sent.body


async def test_an_operator_prints_it_or_leaves_it_to_be_posted(
    station: WebStation, app: FastAPI
) -> None:
    station.site(address="3 rue des Lilas", postcode="35000")
    incident = str(station.alarm().id)
    station.user(NAME, Role.OPERATOR)
    claire = Person(app, NAME)
    await claire.log_in()
    send = f"/incidents/{incident}/send-report"
    for way in ("print:grenier", "pigeon"):
        assert (await claire.send(send, way=way, **{"for": "client"})).status_code == 422
    for to in ("", "Me Legrand, 1 place du Palais"):
        sent = await claire.send(send, way="post", to=to, **{"for": "client"})
        assert sent.status_code == 303
    station.settings.printers["bureau"] = "ipp://printer.example/ipp"
    assert 'value="print:bureau"' in (await claire.see(f"/incidents/{incident}")).text
    sent = await claire.send(send, way="print:bureau", **{"for": "firm"})
    assert sent.status_code == 303
    gone = {(m.channel, m.data["report"], m.to) for m in claimed(station)}
    assert gone == {
        (Channel.POST, "client", "Bijoux réunis\n3 rue des Lilas\n35000"),
        (Channel.POST, "client", "Me Legrand, 1 place du Palais"),
        (Channel.PRINT, "firm", "bureau"),
    }


async def test_where_nothing_lays_out_it_says_what_to_install(
    station: WebStation, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lacking").mkdir()
    (tmp_path / "lacking" / "weasyprint.py").write_text('raise OSError("no library")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lacking"))
    station.site()
    incident = station.alarm()
    of = (Channel.MAIL, TO, "x", "y", clock.now())
    station.do(lambda tx: outbox.post(tx, incident, *of, report="client"))
    (message,) = claimed(station)
    with pytest.raises(Undelivered, match="apt-get install") as failure:
        await Reports(station.settings, station.store).attach(message, clock.now())
    assert failure.value.fault is Fault.NOT_SET_UP


async def test_an_operator_faxes_it_to_a_declared_machine_alone(
    station: WebStation, app: FastAPI
) -> None:
    shop, *others = site_body()["contacts"]
    station.site(contacts=[{**shop, "fax": "01 39 98 00 01"}, *others])
    incident = str(station.alarm().id)
    station.user(NAME, Role.OPERATOR)
    claire = Person(app, NAME)
    await claire.log_in()
    page = (await claire.see(f"/incidents/{incident}")).text
    assert '<option value="01 39 98 00 01">Fax : Accueil</option>' in page
    for to, why in (
        ("01 39 98 00 02", "fax déclaré"),  # nobody's
        (shop["phone"], "fax déclaré"),  # a telephone
        ("18", "numéro d’urgence"),
        ("accueil", "numéro"),
    ):
        refused = await claire.send(
            f"/incidents/{incident}/send-report", **{"for": "client", "to": to}
        )
        assert refused.status_code == 409, to
        assert why in unescape(refused.text).replace("'", "’"), to
    form: dict[str, Any] = {"for": "client", "to": "01 39 98 00 01"}
    assert (await claire.send(f"/incidents/{incident}/send-report", **form)).status_code == 303
    (message,) = station.do(lambda tx: faxes.claim(tx, clock.now(), 9))
    assert (message.to, message.data["report"]) == ("+33139980001", "client")
    assert Sending.of(message.data).by == NAME
