"""The fate of messages: claimed, delivered, tried again, given up, and then a human's."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from callflow import ids
from callflow.core.alarms.incident import Incident, State
from callflow.core.messages.outbox import (
    FAX_WAIT,
    LEASE,
    MOST_CLAIMS,
    OPEN_STATES,
    Camera,
    Channel,
    Claimed,
    Enclosed,
    Fault,
    Image,
    Message,
    MessageState,
    Still,
    Take,
    Undelivered,
    next_try,
    one_line,
    shown,
)
from callflow.core.messages.proof import LONGEST, Proof, Receipt, Stage
from callflow.core.plans.task import TaskOutcome, TaskState
from callflow.core.time.instants import to_iso
from callflow.core.watch.supervision import station_signal
from callflow.handling.alarms.acting import hand_to_human
from callflow.handling.alarms.tasks import end_task
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.storing import store_signals
from callflow.handling.base.telling import storable, tell
from callflow.handling.messages.outbox import is_silenced
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.messages import outbox, proofs
from callflow.storage.records import documents
from callflow.storage.sites import sites
from callflow.storage.watch import supervision

_LONGEST_DETAIL, _LONGEST_REFERENCE = 300, 200
#: What reaches neither a site nor its staff: a camera is asked, a sheet lies in the station.
STAYS = frozenset({Channel.IMAGES, Channel.PRINT})
#: Ways whose far end takes a message first, and says when asked later what became of it.
_ASKED_AGAIN = frozenset({Channel.PRINT})


def due_channels(tx: Tx, now: datetime) -> list[Channel]:
    """The channels that have something to send and may."""
    due = outbox.due_channels(tx, now)
    return [] if due and load_policy(tx).held else due


def claim_messages(
    tx: Tx, now: datetime, room: Mapping[Channel, int], *, lease: timedelta = LEASE
) -> list[Claimed]:
    """Messages to send now, at most ``room`` of each channel; they are the caller's for ``lease``.

    What became mute since it was posted, and what nobody waits for any more, is withdrawn here; in
    shadow each is kept and ends here. Nothing is claimed while the station is held: it waits.
    """
    if load_policy(tx).held:
        return []
    return [
        _claimed(tx, message)
        for channel, limit in room.items()
        for message in outbox.claim(tx, channel, now, now + lease, limit)
        if not _ends_here(tx, message, now)
    ]


def _ends_here(tx: Tx, message: Message, now: datetime) -> bool:
    """True where a claimed message is not to be sent: withdrawn, or claimed in vain too often."""
    if _withdrawn(tx, message, now):
        return True
    if _is_in_shadow(tx, message):
        outbox.end(tx, message.id, MessageState.SHADOW, now)
        _tell(tx, "message_shadowed", now, message, **_told(message))
        _settle_task(tx, message, now)
        return True
    if message.attempts <= MOST_CLAIMS:
        return False
    _give_up(tx, message, {"fault": Fault.INTERNAL.value, "text": ""}, now)
    return True


def _withdrawn(tx: Tx, message: Message, now: datetime) -> bool:
    if message.channel not in STAYS and _is_silenced(tx, message):
        why = "message_withheld"
    elif _is_cancelled(tx, message.task_id):
        why = "message_withdrawn"
    else:
        return False
    outbox.end(tx, message.id, MessageState.CANCELLED, now)
    _tell(tx, why, now, message, **_told(message))
    _settle_task(tx, message, now)
    return True


def _is_in_shadow(tx: Tx, message: Message) -> bool:
    """True where another system acts on what the message is about."""
    if load_policy(tx).shadow:
        return True
    if message.incident_id is not None:
        return _incident(tx, message).shadow
    site = sites.get(tx, message.site_id) if message.site_id else None
    return site is not None and site.shadow_since is not None


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


def _claimed(tx: Tx, message: Message) -> Claimed:
    return Claimed.of(
        message,
        camera=_camera(tx, message),
        reference=_reference(tx, message),
        enclosed=enclosed(tx, message.document_id),
    )


def enclosed(tx: Tx, document_id: str | None) -> Enclosed | None:
    """A document as it goes with a message; None: there is none, or its file is gone."""
    kept = documents.get(tx, document_id) if document_id else None
    if kept is None or not kept.path or kept.sha256 is None:
        return None
    of = {"name": kept.name, "path": kept.path, "language": kept.language}
    return Enclosed(sha256=kept.sha256, **of)


def _reference(tx: Tx, message: Message) -> str:
    asked = message.channel in _ASKED_AGAIN and message.attempts > 1
    return proofs.reference_of(tx, message.id) if asked else ""


def message_sent(tx: Tx, message_id: str, now: datetime, receipt: Receipt | None = None) -> None:
    """The far end took it, and said so. Said once, though it may have been sent twice."""
    message = outbox.get(tx, message_id)
    if message is None or not outbox.end(tx, message_id, MessageState.SENT, now):
        return
    receipt = receipt or Receipt()
    _prove(tx, message, receipt, now)
    said = {"said": _short(receipt.text)} if receipt.text else {}
    _tell(tx, "message_sent", now, message, **_told(message), **said)
    _settle_task(tx, message, now)


def message_taken(
    tx: Tx, message_id: str, attempt: int, receipt: Receipt, now: datetime, *, jitter: float
) -> None:
    """A far end has it, and is asked again what became of it: as after a try that failed, but that
    nothing goes out twice. ``jitter``: see ``outbox.next_try``."""
    message = outbox.get(tx, message_id)
    if message is None or message.attempts != attempt or message.state is not MessageState.SENDING:
        return
    if not proofs.is_said(tx, message_id, receipt.stage):
        _prove(tx, message, receipt, now)
    again = next_try(message.channel, message.created_at, attempt, now, jitter=jitter)
    if again is None:
        told = {"fault": Fault.TIMEOUT.value, "text": _short(receipt.text)}
        _give_up(tx, message, told, now)
    else:
        outbox.put_off(tx, message_id, again, receipt.text)


def stamp_letter(tx: Tx, message_id: str, number: str, by: str, now: datetime) -> None:
    """A person stamped a letter and gave it to the post; ``number`` follows it there, "" none.

    Raises NotFound, Refused.
    """
    message = outbox.get(tx, message_id)
    if message is None or message.channel is not Channel.POST:
        raise NotFound("there is no such letter")
    if message.state is not MessageState.SENT:
        raise Refused("this letter is not in the folder yet")
    if proofs.is_said(tx, message_id, Stage.POSTED):
        raise Refused("this letter is posted already")
    number = one_line(storable(number))[:64]
    _prove(tx, message, Receipt(stage=Stage.POSTED, text=number, reference=number), now, who=by)
    said = {"said": number} if number else {}
    _tell(tx, "letter_stamped", now, message, **_told(message), **said, who_did=by, by=by)


def message_delivered(tx: Tx, message: Message, receipt: Receipt, now: datetime) -> None:
    """The far end's later word: where it was to go, it is. Said once."""
    if proofs.is_said(tx, message.id, Stage.DELIVERED):
        return
    _prove(tx, message, replace(receipt, stage=Stage.DELIVERED), now)
    said = {"said": _short(receipt.text)}
    _tell(tx, "message_delivered", now, message, **_told(message), **said)


def message_known_as(
    tx: Tx, channel: Channel, reference: str, *, arrived: bool, text: str, now: datetime
) -> bool:
    """A far end's later word on what it calls ``reference``, which may be the row's own id; False:
    it knows a message that we don't."""
    message = outbox.get(tx, reference) or proofs.message_called(tx, channel, reference)
    if message is None or message.channel is not channel:
        return False
    receipt = Receipt(text=text, reference=reference)
    if arrived:
        message_delivered(tx, message, receipt, now)
    else:
        message_returned(tx, message, receipt, now)
    return True


def message_returned(tx: Tx, message: Message, receipt: Receipt, now: datetime) -> None:
    """The far end's later word: what it took did not arrive. A human's, once."""
    if proofs.is_said(tx, message.id, Stage.RETURNED):
        return
    _prove(tx, message, replace(receipt, stage=Stage.RETURNED), now)
    told = {"fault": Fault.RETURNED.value, "text": _short(receipt.text)}
    outbox.give_up_sent(tx, message.id, _error(told))
    _tell_undelivered(tx, message, told, now)


def _prove(tx: Tx, message: Message, receipt: Receipt, now: datetime, *, who: str = "") -> None:
    proof = Proof(
        id=ids.new(now),
        message_id=message.id,
        incident_id=message.incident_id,
        at=now,
        stage=receipt.stage,
        text=storable(receipt.text)[:LONGEST],
        reference=storable(receipt.reference)[:_LONGEST_REFERENCE],
        who=who,
    )
    proofs.insert(tx, proof)


def _short(text: str) -> str:
    return storable(text)[:_LONGEST_DETAIL]


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
    last: bool = False,
    fax_wait: timedelta = FAX_WAIT,
) -> None:
    """Try ``attempt`` failed: put off, or given up where trying again can't help or took too long,
    or where it was to be the ``last``.

    ``jitter``, ``fax_wait``: see ``outbox.next_try``. The failure of a claim that another one
    followed says nothing.
    """
    message = outbox.get(tx, message_id)
    if message is None or message.attempts != attempt or message.state is not MessageState.SENDING:
        return
    told = {"fault": failure.fault.value, "text": _short(failure.detail)}
    channel, asked_at = message.channel, message.created_at
    again = next_try(channel, asked_at, attempt, now, jitter=jitter, fax_wait=fax_wait)
    if failure.fault.permanent or again is None or last:
        _give_up(tx, message, told, now)
        return
    outbox.put_off(tx, message_id, again, _error(told))
    if channel is Channel.FAX:  # each try is a call that rang somewhere
        until = to_iso(again)
        _tell(tx, "fax_tried", now, message, **_told(message), **told, attempt=attempt, until=until)
    elif attempt == 1:  # the row counts the others
        _tell(tx, "message_delayed", now, message, **_told(message), **told)


def _error(told: Mapping[str, str]) -> str:
    return f"{told['fault']}: {told['text']}".removesuffix(": ")


def _give_up(tx: Tx, message: Message, told: Mapping[str, str], now: datetime) -> None:
    outbox.end(tx, message.id, MessageState.FAILED, now, error=_error(told))
    if message.channel is not Channel.IMAGES:
        _tell_undelivered(tx, message, told, now)
    else:
        incident = _incident(tx, message, lock=True)
        take = Take(message.data.get("take", Take.STILL))
        take = Take.STILL if take is Take.LINK else take
        image = replace(_image(message, now), take=take)
        outbox.insert_image(tx, replace(image, problem=told["fault"], detail=told["text"]))
        tell(tx, "image_failed", now, incident, camera=message.subject, **told)
    _settle_task(tx, message, now)


def give_up_held(tx: Tx, message: Message, now: datetime) -> None:
    """What a restored station held back is too late: said, and nothing rings for it by itself."""
    told = {"fault": Fault.HELD.value, "text": ""}
    if message.channel is Channel.IMAGES:
        _give_up(tx, message, told, now)
        return
    outbox.end(tx, message.id, MessageState.FAILED, now, error=_error(told))
    _tell(tx, "message_failed", now, message, **_told(message), **told)
    of = _incident(tx, message, lock=True) if message.incident_id else None
    if of is not None and of.state is State.OPEN and not of.with_human:
        hand_to_human(tx, of, "undelivered", now, shown(message.channel, message.to))
    _settle_task(tx, message, now)


def _tell_undelivered(tx: Tx, message: Message, told: Mapping[str, str], now: datetime) -> None:
    """A human's: of an open alarm there; of no alarm, or a document about one that is over, the
    station's own signal says so, since somebody must tell them otherwise."""
    _tell(tx, "message_failed", now, message, **_told(message), **told)
    of = _incident(tx, message, lock=True) if message.incident_id else None
    if of is not None and (of.state is State.OPEN or message.document_id is None):
        hand_to_human(tx, of, "undelivered", now, shown(message.channel, message.to))
        return
    site = of.site_id if of is not None else message.site_id
    account = supervision.first_account(tx, site or "")
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
    sent = [state in (MessageState.SENT, MessageState.SHADOW) for _, state in its]
    images = its[0][0] is Channel.IMAGES
    done = any(sent) if images else all(sent)
    end_task(tx, message.task_id, TaskOutcome.DONE if done else TaskOutcome.FAILED, now)
