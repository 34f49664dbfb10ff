"""What becomes of a message's row, from the step that asks for it to its end."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callflow.core.alarms.incident import Incident
from callflow.core.messages.outbox import (
    GIVE_UP_AFTER,
    LEASE,
    MOST_CLAIMS,
    Channel,
    Claimed,
    Fault,
    Image,
    Message,
    MessageState,
    Still,
    Undelivered,
)
from callflow.core.plans.task import Task, TaskOutcome, TaskState
from callflow.handling.alarms import operating
from callflow.handling.alarms.tasks import end_task
from callflow.handling.base import policy
from callflow.handling.base.fields import BadField
from callflow.handling.desks import queueing
from callflow.handling.messages import delivery
from callflow.handling.messages import images as messages_images
from callflow.handling.messages import outbox as messages_outbox
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.alarms import incidents, tasks
from callflow.storage.messages import outbox
from callflow.vault import Vault
from tests.integration.handling.station import Station
from tests.support.rows.documents import site_document

Row = dict[str, Any]

ANNE, BRUNO = "anne@example.org", "bruno@example.org"
EVERYTHING = dict.fromkeys(Channel, 100)
CAMERAS: list[Row] = [
    {"id": "hall", "name": "Hall", "url": "http://10.0.0.1/snap"},
    {
        "id": "cour",
        "name": "Cour",
        "url": "http://10.0.0.2/snap",
        "credentials": {"user": "cam", "password": "sésame"},
    },
]


class Outbox:
    """What a step and a worker do to it."""

    def __init__(self, station: Station) -> None:
        self.station = station

    def post(
        self,
        incident: Incident,
        to: str = ANNE,
        channel: Channel = Channel.MAIL,
        *,
        task: str | None = None,
        subject: str = "Alarme",
        text: str = "Une alarme est en cours.",
    ) -> str | None:
        row = self.station.incident(incident.id)
        now = self.station.now
        return self.station.write(
            lambda tx: messages_outbox.post(tx, row, channel, to, subject, text, now, task=task)
        )

    def images(self, incident: Incident, *, task: str | None = None) -> int:
        row, now = self.station.incident(incident.id), self.station.now
        return self.station.write(lambda tx: messages_images.fetch_images(tx, row, now, task=task))

    def task(self, incident: Incident, kind: str = "notify") -> str:
        task_id = uuid.uuid4().hex
        of = incident.id, "tell", kind, TaskState.OPEN, self.station.now
        self.station.write(lambda tx: tasks.insert(tx, Task(task_id, *of)))
        return task_id

    def claim(self, room: dict[Channel, int] = EVERYTHING) -> list[Claimed]:
        now = self.station.now
        return self.station.write(lambda tx: delivery.claim_messages(tx, now, room))

    def sent(self, message: Claimed) -> None:
        now = self.station.now
        self.station.write(lambda tx: delivery.message_sent(tx, message.id, now))

    def fetched(self, message: Claimed) -> str:
        now, sha256 = self.station.now, hashlib.sha256(message.id.encode()).hexdigest()
        path = f"{message.incident_id}/{message.id}.jpg"
        still = Still(path=path, sha256=sha256)
        self.station.write(lambda tx: delivery.image_fetched(tx, message.id, still, now))
        return path

    def failed(
        self, message: Claimed, fault: Fault = Fault.BUSY, detail: str = "451 later"
    ) -> None:
        now = self.station.now
        self.station.write(
            lambda tx: delivery.message_failed(
                tx, message.id, message.attempts, Undelivered(fault, detail), now, jitter=0.5
            )
        )

    def fails_until_given_up(self, message_id: str) -> int:
        """Tried whenever it is due, until nobody tries any more; how often it was."""
        tried = 0
        while self.row(message_id).state != MessageState.FAILED:
            self.station.now = max(self.station.now, self.row(message_id).due_at)
            for message in self.claim():
                tried += 1
                self.failed(message)
        return tried

    def row(self, message_id: str) -> Message:
        row = self.station.read(lambda tx: outbox.get(tx, message_id))
        assert row is not None
        return row

    def outcome(self, task_id: str) -> str | None:
        row = self.station.read(lambda tx: tasks.get(tx, task_id))
        assert row is not None
        outcome: str | None = row.outcome
        return outcome


@pytest.fixture
def box(station: Station) -> Outbox:
    """With cameras that are asked by a step only."""
    settings = Settings(camera_series=())
    station.write(lambda tx: policy.save_policy(tx, settings))
    return Outbox(station)


def posted(box: Outbox, *arguments: Any, **more: Any) -> str:
    message_id = box.post(*arguments, **more)
    assert message_id is not None
    return message_id


# --- asked for and delivered --------------------------------------------------------------------


def test_a_message_is_a_row_before_it_is_sent(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    message_id = posted(box, incident, subject="Alarme\r\nBcc: x", text="Texte\0")
    row = box.row(message_id)
    assert (row.state, row.attempts, row.due_at) == ("waiting", 0, station.now)
    (message,) = box.claim()
    assert (message.id, message.to, message.attempts) == (message_id, ANNE, 1)
    assert (message.subject, message.body) == ("Alarme Bcc: x", "Texte\ufffd")
    assert message.data["incident"] == incident.id
    assert message.data["kind"] == "intrusion"
    box.sent(message)
    assert box.row(message_id).state == "sent"
    assert box.claim() == []
    told = station.told(incident.id)
    assert told.count("message_posted") == told.count("message_sent") == 1


def test_a_step_is_done_once_all_its_messages_are_taken(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    task = box.task(incident)
    for to in (ANNE, BRUNO):
        box.post(incident, to, task=task)
    first, second = box.claim()
    box.sent(first)
    assert box.outcome(task) is None
    box.sent(second)
    assert box.outcome(task) == TaskOutcome.DONE
    assert not station.incident(incident.id).with_human


def test_the_same_message_sent_twice_is_told_once(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    task = box.task(incident)
    box.post(incident, task=task)
    (message,) = box.claim()
    box.sent(message)
    box.sent(message)
    assert station.told(incident.id).count("message_sent") == 1
    assert station.told(incident.id).count("task_ended") == 1


def test_a_rehearsals_message_says_so_in_subject_and_text(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    station.write(lambda tx: incidents.change(tx, incident, exercise=True))
    box.post(incident)
    (message,) = box.claim()
    assert message.subject.startswith("EXERCICE")
    assert message.body.startswith("EXERCICE")
    assert message.data["exercise"] is True


def test_the_logbook_shows_no_secret_of_a_webhooks_address(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    box.post(incident, "https://hooks.example.org/T0/s3cret", Channel.WEBHOOK)
    (message,) = box.claim()
    box.failed(message, Fault.REFUSED, "HTTP 403")
    for kind in ("message_posted", "message_failed", "human"):
        (entry,) = station.entries(kind)
        assert "hooks.example.org" in entry.text
        assert "s3cret" not in repr(entry)


# --- failing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", [Channel.MAIL, Channel.SMS, Channel.WEBHOOK])
def test_what_is_never_taken_is_a_humans_in_the_end(
    station: Station, box: Outbox, channel: Channel
) -> None:
    incident = station.alarm()
    task = box.task(incident)
    message_id = posted(box, incident, channel=channel, task=task)
    asked = station.now
    assert 3 < box.fails_until_given_up(message_id) < MOST_CLAIMS
    assert station.now - asked <= GIVE_UP_AFTER[channel]
    assert box.row(message_id).last_error == "busy: 451 later"
    assert box.outcome(task) == TaskOutcome.FAILED
    assert station.incident(incident.id).with_human
    assert "undelivered" in [entry.data["reason"] for entry in station.entries("human")]
    told = station.told(incident.id)
    assert told.count("message_delayed") == told.count("message_failed") == 1


@pytest.mark.parametrize("fault", [f for f in Fault if f.permanent])
def test_what_cannot_be_taken_is_a_humans_at_once(
    station: Station, box: Outbox, fault: Fault
) -> None:
    incident = station.alarm()
    message_id = posted(box, incident)
    (message,) = box.claim()
    box.failed(message, fault)
    assert box.row(message_id).state == "failed"
    assert station.incident(incident.id).human_reason == "undelivered"
    assert box.claim() == []


def test_one_address_of_several_that_fails_fails_the_step(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    task = box.task(incident)
    for to in (ANNE, BRUNO):
        box.post(incident, to, task=task)
    first, second = box.claim()
    box.failed(first, Fault.REFUSED)
    assert box.outcome(task) is None
    box.sent(second)
    assert box.outcome(task) == TaskOutcome.FAILED


def test_what_fails_after_the_closure_opens_it_again(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    box.post(incident)
    (message,) = box.claim()
    station.write(
        lambda tx: operating.close_incident(
            tx, incident.id, "claire", "false_alarm", "", station.now
        )
    )
    box.failed(message, Fault.REFUSED)
    row = station.incident(incident.id)
    assert (row.state, row.with_human) == ("open", True)


def test_a_late_failure_of_a_claim_that_was_followed_by_another_says_nothing(
    station: Station, box: Outbox
) -> None:
    incident = station.alarm()
    message_id = posted(box, incident)
    (first,) = box.claim()
    station.now += LEASE
    (second,) = box.claim()
    assert second == replace(first, attempts=2, due_at=station.now + LEASE)
    box.failed(first, Fault.REFUSED)
    assert box.row(message_id).state == "sending"
    box.sent(first)  # a late success counts: it was delivered
    assert box.row(message_id).state == "sent"


# --- several workers, some of which die ---------------------------------------------------------


def test_what_a_dead_worker_had_is_claimed_again_under_the_same_id(
    station: Station, box: Outbox
) -> None:
    posted(box, station.alarm())
    (lost,) = box.claim()
    station.now += LEASE - timedelta(seconds=1)
    assert box.claim() == []
    station.now += timedelta(seconds=1)
    (again,) = box.claim()
    assert (again.id, again.attempts) == (lost.id, 2)


def test_a_message_that_kills_its_workers_is_a_humans(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    message_id = posted(box, incident)
    for _ in range(MOST_CLAIMS):
        assert len(box.claim()) == 1
        station.now += LEASE
    assert box.claim() == []
    assert box.row(message_id).last_error == "internal"
    assert station.incident(incident.id).human_reason == "undelivered"


def test_no_message_is_claimed_by_two(
    station: Station, box: Outbox, tables: str, vault: Vault
) -> None:
    incident = station.alarm()
    wanted = {posted(box, incident, f"anne{n}@example.org") for n in range(60)}
    stores = [Store(tables, mac=vault.seal) for _ in range(3)]

    def work(store: Store) -> list[str]:
        found: list[str] = []
        while True:
            got = store.write_now(
                lambda tx: delivery.claim_messages(tx, station.now, {Channel.MAIL: 4})
            )
            if not got:
                return found
            found += [message.id for message in got]

    try:
        with ThreadPoolExecutor(3) as pool:
            claimed = [one for part in pool.map(work, stores) for one in part]
    finally:
        for store in stores:
            store.close()
    assert len(claimed) == len(set(claimed))
    rest = {message.id for message in box.claim()}  # of what another had locked, nobody took
    assert set(claimed) | rest == wanted


def test_a_channel_without_room_waits_and_holds_up_no_other(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    for n in range(3):
        box.post(incident, f"anne{n}@example.org")
    box.post(incident, "+33639980101", Channel.SMS)
    got = box.claim({Channel.MAIL: 1, Channel.SMS: 8})
    assert sorted(message.channel for message in got) == [Channel.MAIL, Channel.SMS]
    due = station.read(lambda tx: outbox.due_channels(tx, station.now))
    assert due == [Channel.MAIL]


def test_a_clock_that_was_set_back_delays_no_message(station: Station, box: Outbox) -> None:
    posted(box, station.alarm())
    station.now -= timedelta(hours=3)
    station.write(lambda tx: queueing.clock_went_back(tx, 3 * 3600, station.now))
    station.now += timedelta(minutes=2)
    assert len(box.claim()) == 1


# --- what is withdrawn --------------------------------------------------------------------------


def _by_kind(station: Station) -> Incident:
    return station.alarm("HA")  # a hold-up


def _by_duress(station: Station) -> Incident:
    incident = station.alarm()
    station.write(lambda tx: incidents.change(tx, incident, duress=True))
    return incident


def _by_another(station: Station) -> Incident:
    incident = station.alarm()
    station.alarm("HA", zone="5")
    return incident


@pytest.mark.parametrize("alarm", [_by_kind, _by_duress, _by_another])
def test_of_a_mute_alarm_nothing_is_told(
    station: Station, box: Outbox, alarm: Callable[[Station], Incident]
) -> None:
    incident = alarm(station)
    for channel in (Channel.MAIL, Channel.SMS, Channel.WEBHOOK):
        assert box.post(incident, channel=channel) is None
    assert box.claim() == []
    assert station.told(incident.id).count("message_withheld") == 3


def test_what_became_mute_meanwhile_is_dropped(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    task = box.task(incident)
    message_id = posted(box, incident, task=task)
    station.write(lambda tx: incidents.change(tx, station.incident(incident.id), duress=True))
    assert box.claim() == []
    assert box.row(message_id).state == "cancelled"
    assert box.outcome(task) == TaskOutcome.FAILED
    assert "message_withheld" in station.told(incident.id)


def test_what_nobody_waits_for_any_more_is_not_sent(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    task = box.task(incident)
    message_id = posted(box, incident, task=task)
    station.write(lambda tx: tasks.cancel_others(tx, incident.id, station.now, keep=()))
    assert box.claim() == []
    assert box.row(message_id).state == "cancelled"
    assert "message_withdrawn" in station.told(incident.id)


def test_what_is_late_for_its_step_is_still_told(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    task = box.task(incident)
    message_id = posted(box, incident, task=task)
    station.write(lambda tx: end_task(tx, task, TaskOutcome.OVERDUE, station.now))
    (message,) = box.claim()
    box.sent(message)
    assert box.row(message_id).state == "sent"
    assert box.outcome(task) == TaskOutcome.OVERDUE


# --- stills -------------------------------------------------------------------------------------


@pytest.fixture
def watched(station: Station, box: Outbox) -> Incident:
    """An alarm of a site with two cameras."""
    station.put(cameras=CAMERAS)
    return station.alarm()


def images(station: Station, incident: Incident) -> list[Image]:
    return station.read(lambda tx: outbox.images_of(tx, [incident.id]))[incident.id]


def test_each_declared_camera_is_asked_once(
    station: Station, box: Outbox, watched: Incident
) -> None:
    task = box.task(watched, "fetch_images")
    assert box.images(watched, task=task) == 2
    first, second = box.claim()
    assert {m.camera.url for m in (first, second) if m.camera} == {c["url"] for c in CAMERAS}
    paths = {box.fetched(first), box.fetched(second)}
    box.fetched(first)
    assert box.outcome(task) == TaskOutcome.DONE
    assert {image.path for image in images(station, watched)} == paths
    assert {image.name for image in images(station, watched)} == {"Hall", "Cour"}
    assert station.told(watched.id).count("image_fetched") == 2


def test_the_password_of_a_camera_reaches_who_fetches_and_nobody_else(
    station: Station, box: Outbox, watched: Incident
) -> None:
    box.images(watched)
    secrets = {m.camera.id: m.camera.secret for m in box.claim() if m.camera}
    assert secrets["hall"] is None
    assert secrets["cour"] is not None
    assert "sésame" not in repr(secrets)
    shown = station.read(lambda tx: site_document(tx, "1002"))
    assert shown is not None
    assert [c["credentials_set"] for c in shown["cameras"]] == [False, True]
    assert secrets["cour"] not in repr(shown)


def test_one_still_of_two_is_enough(station: Station, box: Outbox, watched: Incident) -> None:
    task = box.task(watched, "fetch_images")
    box.images(watched, task=task)
    first, second = box.claim()
    box.fetched(first)
    box.failed(second, Fault.REFUSED, "HTTP 404")
    assert box.outcome(task) == TaskOutcome.DONE
    problems = {image.id: image.problem for image in images(station, watched)}
    assert problems == {first.id: "", second.id: "refused"}
    assert not station.incident(watched.id).with_human


def test_no_still_at_all_fails_the_step(station: Station, box: Outbox, watched: Incident) -> None:
    task = box.task(watched, "fetch_images")
    box.images(watched, task=task)
    for message in box.claim():
        box.failed(message, Fault.REFUSED)
    assert box.outcome(task) == TaskOutcome.FAILED
    assert station.told(watched.id).count("image_failed") == 2


def test_a_mute_alarms_cameras_are_asked_too(station: Station, box: Outbox) -> None:
    station.put(cameras=CAMERAS)
    incident = station.alarm("HA")
    assert box.images(incident) == 2
    assert len(box.claim()) == 2


def test_a_camera_that_was_removed_is_not_asked(
    station: Station, box: Outbox, watched: Incident
) -> None:
    box.images(watched)
    station.put(cameras=CAMERAS[:1])
    assert {m.to: m.camera is not None for m in box.claim()} == {"hall": True, "cour": False}


def test_a_site_without_cameras_is_said(station: Station, box: Outbox) -> None:
    incident = station.alarm()
    assert box.images(incident) == 0
    assert "no_cameras" in station.told(incident.id)


# --- the cameras of a site ----------------------------------------------------------------------


def put_camera(station: Station, **fields: Any) -> None:
    station.put(cameras=[{"id": "cour", "name": "Cour", "url": "http://10.0.0.2/snap", **fields}])


def secret(station: Station) -> str | None:
    row = station.read(lambda tx: outbox.cameras(tx, station.incidents()[0].id))
    return row[0].secret


def test_credentials_left_out_stay_and_null_removes_them(station: Station) -> None:
    station.alarm()
    put_camera(station, credentials={"user": "cam", "password": "sésame"})
    kept = secret(station)
    assert kept is not None
    put_camera(station, name="Cour nord", url="http://10.0.0.2/other")
    assert secret(station) == kept
    put_camera(station, credentials=None)
    assert secret(station) is None


def test_kept_credentials_are_never_sent_to_another_host(station: Station) -> None:
    station.alarm()
    put_camera(station, credentials={"user": "cam", "password": "sésame"})
    with pytest.raises(BadField) as refused:
        put_camera(station, url="http://10.0.0.9/snap")
    assert refused.value.field == "cameras.0.credentials"
    put_camera(station, url="http://10.0.0.9/snap", credentials=None)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": "a/b"}, "cameras.0.id"),
        ({"url": "ftp://10.0.0.2/"}, "cameras.0.url"),
        ({"url": "http://cam:pass@10.0.0.2/"}, "cameras.0.url"),
        ({"name": "Cour\n"}, "cameras.0.name"),
        ({"credentials": {"user": "cam"}}, "cameras.0.credentials.password"),
    ],
)
def test_a_camera_that_makes_no_sense_is_refused_by_its_field(
    station: Station, fields: Row, field: str
) -> None:
    with pytest.raises(BadField) as refused:
        put_camera(station, **fields)
    assert refused.value.field == field


def test_a_camera_is_declared_once(station: Station) -> None:
    with pytest.raises(BadField) as refused:
        station.put(cameras=[CAMERAS[0], CAMERAS[0]])
    assert refused.value.field == "cameras.1.id"
