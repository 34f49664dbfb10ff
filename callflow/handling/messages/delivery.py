"""The fate of messages: claimed, delivered, tried again, given up, and then a human's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.messages.outbox import (
    LEASE,
    MOST_CLAIMS,
    OPEN_STATES,
    Camera,
    Channel,
    Claimed,
    Fault,
    Image,
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
from callflow.storage.messages import outbox
from callflow.storage.watch import supervision

_LONGEST_DETAIL = 300


def claim_messages(
    tx: Tx, now: datetime, room: Mapping[Channel, int], *, lease: timedelta = LEASE
) -> list[Claimed]:
    """Messages to send now, at most ``room`` of each channel; they are the caller's for ``lease``.

    What became mute since it was posted, and what nobody waits for any more, is withdrawn here.
    """
    return [
        Claimed.of(message, _camera(tx, message))
        for channel, limit in room.items()
        for message in outbox.claim(tx, channel, now, now + lease, limit)
        if not _ends_here(tx, message, now)
    ]


def _ends_here(tx: Tx, message: Message, now: datetime) -> bool:
    """True where a claimed message is not to be sent: withdrawn, or claimed in vain too often."""
    if _withdrawn(tx, message, now):
        return True
    if message.attempts <= MOST_CLAIMS:
        return False
    _give_up(tx, message, {"fault": Fault.INTERNAL.value, "text": ""}, now)
    return True


def _withdrawn(tx: Tx, message: Message, now: datetime) -> bool:
    if message.channel is not Channel.IMAGES and _is_silenced(tx, message):
        why = "message_withheld"
    elif _is_cancelled(tx, message.task_id):
        why = "message_withdrawn"
    else:
        return False
    outbox.end(tx, message.id, MessageState.CANCELLED, now)
    _tell(tx, why, now, message, **_told(message))
    _settle_task(tx, message, now)
    return True


def _is_silenced(tx: Tx, message: Message) -> bool:
    if message.incident_id is None:
        return incidents.site_is_mute(tx, message.site_id or "")
    return is_silenced(tx, _incident(tx, message))


def _tell(tx: Tx, kind: str, now: datetime, message: Message, /, **data: Any) -> None:
    """Of the message's incident, or of its site."""
    if message.incident_id is None:
        tell(tx, kind, now, site=message.site_id, **data)
    else:
        tell(tx, kind, now, _incident(tx, message), **data)


def _is_cancelled(tx: Tx, task_id: str | None) -> bool:
    task = tasks.get(tx, task_id) if task_id else None
    return task is not None and task.state is TaskState.CANCELLED


def _incident(tx: Tx, message: Message, *, lock: bool = False) -> Incident:
    """The message's; locked only to be changed, since claims touch many at once."""
    incident = incidents.get(tx, message.incident_id or "", lock=lock)
    assert incident is not None, "a message belongs to an incident"
    return incident


def _camera(tx: Tx, message: Message) -> Camera | None:
    if message.channel is not Channel.IMAGES:
        return None
    incident = _incident(tx, message)
    return next((one for one in outbox.cameras(tx, incident.id) if one.id == message.to), None)


def message_sent(tx: Tx, message_id: str, now: datetime) -> None:
    """The far end took it. Said once, though it may have been sent twice."""
    message = outbox.get(tx, message_id)
    if message is None or not outbox.end(tx, message_id, MessageState.SENT, now):
        return
    _tell(tx, "message_sent", now, message, **_told(message))
    _settle_task(tx, message, now)


def image_fetched(tx: Tx, message_id: str, still: Still, now: datetime) -> None:
    """What a camera or a link gave is on the disk."""
    message = outbox.get(tx, message_id)
    if message is None or not outbox.end(tx, message_id, MessageState.SENT, now):
        return
    begins_at, ends_at = still.begins_at, still.ends_at
    gave: dict[str, Any] = dict(take=still.take, path=still.path, sha256=still.sha256)
    gave |= dict(begins_at=begins_at, ends_at=ends_at)
    outbox.insert_image(tx, replace(_image(message, now), **gave))
    told = {"camera": message.subject, "sha256": still.sha256, "image": message.id}
    kind, link = "image_fetched", message.data.get("link")
    if link:
        kind, told["link"] = "link_fetched", link
    elif begins_at and ends_at:
        kind = "clip_fetched"
        told |= {"since": to_iso(begins_at), "until": to_iso(ends_at)}
    tell(tx, kind, now, _incident(tx, message), **told)
    _settle_task(tx, message, now)


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
    message = outbox.get(tx, message_id)
    if message is None or message.attempts != attempt or message.state is not MessageState.SENDING:
        return
    told = {"fault": failure.fault.value, "text": storable(failure.detail)[:_LONGEST_DETAIL]}
    channel = message.channel
    again = next_try(channel, message.created_at, attempt, now, jitter=jitter)
    if failure.fault.permanent or again is None:
        _give_up(tx, message, told, now)
        return
    outbox.put_off(tx, message_id, again, _error(told))
    if attempt == 1:  # the row counts the others
        _tell(tx, "message_delayed", now, message, **_told(message), **told)


def _error(told: Mapping[str, str]) -> str:
    return f"{told['fault']}: {told['text']}".removesuffix(": ")


def _give_up(tx: Tx, message: Message, told: Mapping[str, str], now: datetime) -> None:
    outbox.end(tx, message.id, MessageState.FAILED, now, error=_error(told))
    if message.incident_id is None:
        _lost(tx, message, told, now)
        return
    incident = _incident(tx, message, lock=True)
    if message.channel is Channel.IMAGES:
        take = Take(message.data.get("take", Take.STILL))
        take = Take.STILL if take is Take.LINK else take
        image = replace(_image(message, now), take=take)
        outbox.insert_image(tx, replace(image, problem=told["fault"], detail=told["text"]))
        tell(tx, "image_failed", now, incident, camera=message.subject, **told)
    else:
        tell(tx, "message_failed", now, incident, **_told(message), **told)
        hand_to_human(tx, incident, "undelivered", now, shown(message.channel, message.to))
    _settle_task(tx, message, now)


def _lost(tx: Tx, message: Message, told: Mapping[str, str], now: datetime) -> None:
    """A mail about a site, of no incident, was not delivered: somebody tells them otherwise."""
    _tell(tx, "message_failed", now, message, **_told(message), **told)
    account = supervision.first_account(tx, message.site_id or "")
    if account is not None:
        signal = station_signal("MAIL_LOST", account, message.id, now, text=message.subject)
        store_signals(tx, [signal])


def _image(message: Message, now: datetime) -> Image:
    return Image(
        id=message.id,
        incident_id=str(message.incident_id),
        camera=message.to,
        name=message.subject,
        link=message.data.get("link", ""),
        taken_at=now,
    )


def _told(message: Message) -> dict[str, str]:
    channel = message.channel
    return {"channel": channel.value, "to": shown(channel, message.to), "message": message.id}


def _settle_task(tx: Tx, message: Message, now: datetime) -> None:
    """The step that waits goes on once the last of its messages has ended."""
    if message.task_id is None:
        return
    its = outbox.states_of_task(tx, message.task_id)
    if any(state in OPEN_STATES for _, state in its):
        return
    sent = [state is MessageState.SENT for _, state in its]
    images = its[0][0] is Channel.IMAGES
    done = any(sent) if images else all(sent)
    end_task(tx, message.task_id, TaskOutcome.DONE if done else TaskOutcome.FAILED, now)
