"""What becomes of messages: claimed, delivered, tried again, given up, and then a human's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.messages.outbox import (
    LEASE,
    MOST_CLAIMS,
    OPEN_STATES,
    Camera,
    Channel,
    Fault,
    Message,
    MessageState,
    Still,
    Take,
    Undelivered,
    next_try,
    shown,
)
from callflow.core.plans.task import TaskOutcome, TaskState
from callflow.core.time.instants import to_iso
from callflow.core.watch.supervision import station_signal
from callflow.handling.alarms.acting import hand_to_human
from callflow.handling.alarms.tasks import end_task
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import storable, tell
from callflow.handling.messages.outbox import is_silenced
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.messages import outbox as rows
from callflow.storage.watch import supervision as supervision_rows

Row = dict[str, Any]

_LONGEST_DETAIL = 300


def claim_messages(
    tx: Tx, now: datetime, room: Mapping[Channel, int], *, lease: timedelta = LEASE
) -> list[Message]:
    """Messages to send now, at most ``room`` of each channel; they are the caller's for ``lease``.

    What became mute since it was posted, and what nobody waits for any more, is withdrawn here.
    """
    claimed: list[Message] = []
    for channel, limit in room.items():
        for row in rows.claim(tx, channel, now, now + lease, limit):
            if _ends_here(tx, row, now):
                continue
            claimed.append(_message(tx, row))
    return claimed


def _ends_here(tx: Tx, row: Row, now: datetime) -> bool:
    """Whether a claimed message is not to be sent: withdrawn, or claimed in vain too often."""
    if _withdrawn(tx, row, now):
        return True
    if row["attempts"] <= MOST_CLAIMS:
        return False
    _give_up(tx, row, {"fault": Fault.INTERNAL.value, "text": ""}, now)
    return True


def _withdrawn(tx: Tx, row: Row, now: datetime) -> bool:
    if row["channel"] != Channel.IMAGES.value and _is_silenced(tx, row):
        why = "message_withheld"
    elif _is_cancelled(tx, row["task_id"]):
        why = "message_withdrawn"
    else:
        return False
    rows.end(tx, row["id"], MessageState.CANCELLED, now)
    _tell(tx, why, now, row, **_told(row))
    _settle_task(tx, row, now)
    return True


def _is_silenced(tx: Tx, row: Row) -> bool:
    if row["incident_id"] is None:
        return incidents.site_is_mute(tx, row["site_id"])
    return is_silenced(tx, _incident(tx, row))


def _tell(tx: Tx, kind: str, now: datetime, row: Row, **data: Any) -> None:
    """Of the message's incident, or of its site."""
    if row["incident_id"] is None:
        tell(tx, kind, now, site=row["site_id"], **data)
    else:
        tell(tx, kind, now, _incident(tx, row), **data)


def _is_cancelled(tx: Tx, task_id: str | None) -> bool:
    task = tasks.get(tx, task_id) if task_id else None
    return task is not None and task["state"] == TaskState.CANCELLED.value


def _incident(tx: Tx, row: Row, *, lock: bool = False) -> Incident:
    """The message's incident; locked only to be changed, since claims touch many at once."""
    incident = incidents.get(tx, row["incident_id"], lock=lock)
    assert incident is not None, "a message belongs to an incident"
    return incident


def _message(tx: Tx, row: Row) -> Message:
    channel = Channel(row["channel"])
    return Message(
        id=row["id"],
        incident=row["incident_id"] or "",
        channel=channel,
        to=row["to"],
        subject=row["subject"],
        body=row["body"],
        data=row["data"],
        attempt=row["attempts"],
        created_at=row["created_at"],
        camera=_camera(tx, row) if channel is Channel.IMAGES else None,
    )


def _camera(tx: Tx, row: Row) -> Camera | None:
    """None: it is no longer declared."""
    for camera in rows.cameras(tx, row["incident_id"]):
        if camera["id"] == row["to"]:
            return camera_of(_incident(tx, row).site_id or "", camera)
    return None


def camera_of(site: str, kept: Row) -> Camera:
    """A site's camera as whoever asks it needs it."""
    return Camera(
        id=kept["id"],
        url=kept["url"],
        secret=kept["secret"],
        site=site,
        clip_url=kept.get("clip_url", ""),
        pre_alarm=bool(kept.get("pre_alarm")),
    )


def message_sent(tx: Tx, message_id: str, now: datetime) -> None:
    """The far end took it. Said once, though it may have been sent twice."""
    row = rows.get(tx, message_id)
    if row is None or not rows.end(tx, message_id, MessageState.SENT, now):
        return
    _tell(tx, "message_sent", now, row, **_told(row))
    _settle_task(tx, row, now)


def image_fetched(tx: Tx, message_id: str, still: Still, now: datetime) -> None:
    """What a camera or a link gave is on the disk."""
    row = rows.get(tx, message_id)
    if row is None or not rows.end(tx, message_id, MessageState.SENT, now):
        return
    begins_at, ends_at = still.begins_at, still.ends_at
    _insert_image(
        tx,
        row,
        now,
        take=still.take.value,
        path=still.path,
        sha256=still.sha256,
        begins_at=begins_at,
        ends_at=ends_at,
    )
    told: Row = {"camera": row["subject"], "sha256": still.sha256, "image": row["id"]}
    kind, link = "image_fetched", row["data"].get("link")
    if link:
        kind, told["link"] = "link_fetched", link
    elif begins_at and ends_at:
        kind = "clip_fetched"
        told |= {"since": to_iso(begins_at), "until": to_iso(ends_at)}
    tell(tx, kind, now, _incident(tx, row), **told)
    _settle_task(tx, row, now)


def message_failed(
    tx: Tx,
    message_id: str,
    attempt: int,
    failure: Undelivered,
    now: datetime,
    *,
    jitter: float,
) -> None:
    """Try ``attempt`` failed: put off, or given up where trying again can't help or took too long.

    ``jitter``: see ``outbox.next_try``. The failure of a claim that another one followed says
    nothing.
    """
    row = rows.get(tx, message_id)
    if row is None or row["attempts"] != attempt or row["state"] != MessageState.SENDING.value:
        return
    told = {"fault": failure.fault.value, "text": storable(failure.detail)[:_LONGEST_DETAIL]}
    channel = Channel(row["channel"])
    again = next_try(channel, row["created_at"], attempt, now, jitter=jitter)
    if failure.fault.permanent or again is None:
        _give_up(tx, row, told, now)
        return
    rows.put_off(tx, message_id, again, _error(told))
    if attempt == 1:  # the row counts the others
        _tell(tx, "message_delayed", now, row, **_told(row), **told)


def _error(told: Row) -> str:
    return f"{told['fault']}: {told['text']}".removesuffix(": ")


def _give_up(tx: Tx, row: Row, told: Row, now: datetime) -> None:
    rows.end(tx, row["id"], MessageState.FAILED, now, error=_error(told))
    if row["incident_id"] is None:
        _lost(tx, row, told, now)
        return
    incident = _incident(tx, row, lock=True)
    if row["channel"] == Channel.IMAGES.value:
        take = row["data"].get("take", Take.STILL.value)
        take = Take.STILL.value if take == Take.LINK.value else take
        _insert_image(tx, row, now, take=take, problem=told["fault"], detail=told["text"])
        tell(tx, "image_failed", now, incident, camera=row["subject"], **told)
    else:
        tell(tx, "message_failed", now, incident, **_told(row), **told)
        hand_to_human(tx, incident, "undelivered", now, shown(Channel(row["channel"]), row["to"]))
    _settle_task(tx, row, now)


def _lost(tx: Tx, row: Row, told: Row, now: datetime) -> None:
    """A mail about a site, of no incident, was not delivered: somebody tells them otherwise."""
    _tell(tx, "message_failed", now, row, **_told(row), **told)
    account = supervision_rows.first_account(tx, row["site_id"])
    if account is not None:
        signal = station_signal("MAIL_LOST", account, row["id"], now, text=row["subject"])
        store_signals(tx, [signal])


def _insert_image(tx: Tx, row: Row, now: datetime, **given: Any) -> None:
    values: Row = {
        "id": row["id"],
        "incident_id": row["incident_id"],
        "camera": row["to"],
        "name": row["subject"],
        "link": row["data"].get("link", ""),
        "taken_at": now,
        "path": "",
        "sha256": None,
        "problem": "",
    }
    rows.insert_image(tx, values | given)


def _told(row: Row) -> Row:
    channel = Channel(row["channel"])
    return {"channel": channel.value, "to": shown(channel, row["to"]), "message": row["id"]}


def _settle_task(tx: Tx, row: Row, now: datetime) -> None:
    """The step that waits goes on once the last of its messages has ended."""
    if row["task_id"] is None:
        return
    its = rows.states_of_task(tx, row["task_id"])
    if any(state in OPEN_STATES for _, state in its):
        return
    sent = [state is MessageState.SENT for _, state in its]
    images = its[0][0] is Channel.IMAGES
    done = any(sent) if images else all(sent)
    end_task(tx, row["task_id"], TaskOutcome.DONE if done else TaskOutcome.FAILED, now)
