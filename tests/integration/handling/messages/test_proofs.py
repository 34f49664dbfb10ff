"""The far end's word on a message: kept beside it, told once, and a human's where it came back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.core.alarms.incident import State
from callflow.core.messages.outbox import Channel, Claimed, Enclosed, Message
from callflow.core.messages.proof import Proof, Receipt, Stage
from callflow.core.records.documents import Document, DocumentKind
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.messages import delivery
from callflow.handling.messages import outbox as messages_outbox
from callflow.storage.alarms import incidents
from callflow.storage.messages import proofs
from callflow.storage.records import documents
from callflow.storage.signals import signals
from tests.integration.handling.messages.test_outbox import ANNE, Outbox, posted
from tests.integration.handling.station import Station

TAKEN = Receipt(text="250 2.0.0 Ok: queued as 4F1", reference="4F1")


@pytest.fixture
def box(station: Station) -> Outbox:
    return Outbox(station)


def proofs_of(station: Station, message: Message) -> list[Proof]:
    said = station.read(lambda tx: proofs.of_messages(tx, [message.id]))
    return said.get(message.id, [])


def taken(box: Outbox, receipt: Receipt = TAKEN) -> Claimed:
    (message,) = box.claim()
    now = box.station.now
    box.station.write(lambda tx: delivery.message_sent(tx, message.id, now, receipt))
    return message


def still_there(box: Outbox, message: Claimed, receipt: Receipt) -> None:
    now = box.station.now
    box.station.write(
        lambda tx: delivery.message_taken(
            tx, message.id, message.attempts, receipt, now, jitter=0.5
        )
    )


def test_the_servers_answer_is_kept_and_a_later_receipt_is_told_once(
    station: Station, box: Outbox
) -> None:
    incident = station.alarm()
    posted(box, incident)
    message = taken(box)
    found = station.read(lambda tx: proofs.message_called(tx, Channel.MAIL, "4F1"))
    assert found is not None
    assert found.id == message.id
    said = Receipt(text="250 delivered")
    for _ in range(2):
        station.now += timedelta(seconds=1)
        station.write(lambda tx: delivery.message_delivered(tx, found, said, station.now))
    assert [(p.stage, p.text) for p in proofs_of(station, message)] == [
        (Stage.TAKEN, TAKEN.text),
        (Stage.DELIVERED, "250 delivered"),
    ]
    assert station.told(incident.id).count("message_delivered") == 1
    assert station.read(lambda tx: proofs.message_called(tx, Channel.MAIL, "")) is None


def test_what_comes_back_is_a_humans_of_an_open_alarm(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    message_id = posted(box, incident)
    message = taken(box)
    back = Receipt(text="550 no such user")
    for _ in range(2):
        station.write(lambda tx: delivery.message_returned(tx, message, back, station.now))
    assert box.row(message_id).state == "failed"
    assert station.told(incident.id).count("message_failed") == 1
    assert station.incident(incident.id).human_reason == "undelivered"


def test_a_document_that_comes_back_reopens_no_filed_alarm(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    row, now = station.incident(incident.id), station.now
    station.write(
        lambda tx: messages_outbox.post(
            tx, row, Channel.MAIL, ANNE, "Rapport", "Ci-joint.", now, document="d1", by="sup"
        )
    )
    message = taken(box)
    assert message.document_id == "d1"
    station.write(lambda tx: incidents.change(tx, row, state=State.FILED, closed_at=now))
    back = Receipt(text="550 no such user")
    station.write(lambda tx: delivery.message_returned(tx, message, back, station.now))
    assert station.incident(incident.id).state is State.FILED
    backlog = station.read(lambda tx: signals.backlog(tx, limit=9))
    assert "MAIL_LOST" in [signal.code for signal in backlog]


def test_a_printer_that_has_it_is_asked_again_and_never_sent_it_twice(
    station: Station, box: Outbox
) -> None:
    incident = station.alarm()
    posted(box, incident, "bureau", Channel.PRINT)
    (first,) = box.claim()
    assert first.reference == ""
    job = Receipt(text="processing", reference="12", final=False)
    for _ in range(2):
        still_there(box, first, job)
    station.now = box.row(first.id).due_at
    (second,) = box.claim()
    assert (second.reference, second.attempts) == ("12", 2)
    station.now += timedelta(seconds=1)
    done = replace(job, stage=Stage.DELIVERED, text="completed", final=True)
    station.write(lambda tx: delivery.message_sent(tx, first.id, station.now, done))
    assert [p.stage for p in proofs_of(station, first)] == [Stage.TAKEN, Stage.DELIVERED]
    assert box.row(first.id).state == "sent"


def test_a_job_that_never_ends_is_given_up(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    message_id = posted(box, incident, "bureau", Channel.PRINT)
    job = Receipt(text="stopped: media-empty", reference="12", final=False)
    while box.row(message_id).state != "failed":
        station.now = max(station.now, box.row(message_id).due_at)
        for message in box.claim():
            still_there(box, message, job)
    assert "media-empty" in box.row(message_id).last_error
    assert station.incident(incident.id).human_reason == "undelivered"


def test_a_letter_is_posted_by_who_stamped_it_once(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    message_id = posted(box, incident, "3 rue des Lilas\n35000 Rennes", Channel.POST)
    with pytest.raises(Refused):  # it lies nowhere yet
        station.write(lambda tx: delivery.stamp_letter(tx, message_id, "", "claire", station.now))
    message = taken(box, Receipt(text="2026-11-25-lettre.pdf"))
    station.now += timedelta(hours=9)
    number = "1A 234\r\n"
    station.write(lambda tx: delivery.stamp_letter(tx, message.id, number, "claire", station.now))
    (_, stamped) = proofs_of(station, message)
    assert (stamped.stage, stamped.who, stamped.text) == (Stage.POSTED, "claire", "1A 234")
    (entry,) = station.entries("letter_stamped")
    assert entry.who == "claire"
    assert "1A 234" in entry.text
    with pytest.raises(Refused):
        station.write(lambda tx: delivery.stamp_letter(tx, message.id, "", "claire", station.now))
    with pytest.raises(NotFound):
        station.write(lambda tx: delivery.stamp_letter(tx, "nul", "", "claire", station.now))


def test_what_is_printed_in_the_station_reaches_nobody_of_a_mute_site(
    station: Station, box: Outbox
) -> None:
    incident = station.alarm(code="HA")
    assert box.post(incident, "bureau", Channel.PRINT) is not None
    assert box.post(incident, ANNE) is None
    assert [message.channel for message in box.claim()] == [Channel.PRINT]


def test_a_document_is_found_when_it_is_sent_and_missed_when_it_is_gone(
    station: Station, box: Outbox
) -> None:
    incident = station.alarm()
    made = Document(
        id="d1",
        kind=DocumentKind.REPORT_CLIENT,
        name="Rapport.pdf",
        path="a/d1.pdf",
        sha256="0" * 64,
        size=3,
        made_by="odile",
        made_at=station.now,
        incident_id=incident.id,
    )
    station.write(lambda tx: documents.insert(tx, made))
    row = station.incident(incident.id)
    for document in ("d1", "d2"):
        station.write(
            lambda tx, document=document: messages_outbox.post(  # type: ignore[misc]
                tx, row, Channel.MAIL, ANNE, document, "", station.now, document=document
            )
        )
    found = {message.subject: message.enclosed for message in box.claim()}
    assert found == {
        "d1": Enclosed(name="Rapport.pdf", path="a/d1.pdf", sha256="0" * 64),
        "d2": None,
    }
