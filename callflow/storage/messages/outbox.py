"""Rows of messages, claimed by compare-and-set, and of what cameras and links gave."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Text, bindparam, cast, func, select, update

from callflow.core.messages.outbox import OPEN_STATES, Camera, Channel, Image, Message, MessageState
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx, hint
from callflow.storage.engine.values import columns, first, found

_OPEN = [state.value for state in OPEN_STATES]
_INSERT = t.outbox.insert()


def insert(tx: Tx, message: Message) -> None:
    """A new message, before anything is sent."""
    tx.execute(_INSERT, columns(message))
    hint(tx, "notify")


def get(tx: Tx, message_id: str) -> Message | None:
    """One message."""
    return first(tx, select(t.outbox).where(t.outbox.c.id == message_id), Message)


_DUE = (
    select(t.outbox.c.channel)
    .where(t.outbox.c.state.in_(_OPEN), t.outbox.c.due_at <= bindparam("now"))
    .distinct()
)


def due_channels(tx: Tx, now: datetime) -> list[Channel]:
    """The channels that have something to send."""
    return [Channel(name) for name in tx.execute(_DUE, {"now": now}).scalars()]


def claim(tx: Tx, channel: Channel, now: datetime, until: datetime, limit: int) -> list[Message]:
    """Messages that are due, the oldest first, now their claimer's until ``until``.

    Those of a claimer that died among them: its time has passed.
    """
    c = t.outbox.c
    query = (
        select(t.outbox)
        .where(c.channel == channel.value, c.state.in_(_OPEN), c.due_at <= now)
        .order_by(c.due_at, c.id)
        .limit(limit)
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True)
    due, sending = found(tx, query, Message), MessageState.SENDING
    changed = update(t.outbox).where(c.id.in_([message.id for message in due]))
    if due:
        tx.execute(changed.values(state=sending.value, due_at=until, attempts=c.attempts + 1))
    return [replace(m, state=sending, due_at=until, attempts=m.attempts + 1) for m in due]


def end(tx: Tx, message_id: str, state: MessageState, now: datetime, *, error: str = "") -> bool:
    """A message is delivered, given up or withdrawn; whether it was not ended already."""
    c = t.outbox.c
    query = update(t.outbox).where(c.id == message_id, c.state.in_(_OPEN))
    query = query.values(state=state.value, ended_at=now, last_error=error)
    return tx.execute(query).rowcount == 1


def goes_with(tx: Tx, message_id: str, document_id: str, *, subject: str, body: str) -> None:
    """A document goes with a message, and these words."""
    query = update(t.outbox).where(t.outbox.c.id == message_id)
    tx.execute(query.values(document_id=document_id, subject=subject, body=body))


def give_up_sent(tx: Tx, message_id: str, error: str) -> None:
    """A message that was delivered, as the far end said, was not."""
    query = update(t.outbox).where(t.outbox.c.id == message_id)
    tx.execute(query.values(state=MessageState.FAILED.value, last_error=error))


def put_off(tx: Tx, message_id: str, due: datetime, error: str) -> None:
    """A claimed message is tried again at ``due``."""
    query = update(t.outbox).where(t.outbox.c.id == message_id)
    query = query.values(state=MessageState.WAITING.value, due_at=due, last_error=error)
    tx.execute(query)
    hint(tx, "notify")


def hold(tx: Tx, message: Message, until: datetime) -> None:
    """A claimed message stays its claimer's until then, as this says it is."""
    query = update(t.outbox).where(t.outbox.c.id == message.id)
    query = query.where(t.outbox.c.state == MessageState.SENDING.value)
    tx.execute(query.values(due_at=until, data=dict(message.data), attempts=message.attempts))


def open_of(tx: Tx, channel: Channel) -> set[str]:
    """The messages of a channel that are neither delivered nor given up."""
    c = t.outbox.c
    query = select(c.id).where(c.state.in_(_OPEN), c.channel == channel.value)
    return set(tx.execute(query).scalars())


def waiting(tx: Tx) -> list[Message]:
    """Every message that is neither delivered nor given up, the oldest first."""
    query = select(t.outbox).where(t.outbox.c.state.in_(_OPEN))
    return found(tx, query.order_by(t.outbox.c.created_at, t.outbox.c.id), Message)


def due_no_later(tx: Tx, latest: datetime) -> None:
    """Nothing waits beyond ``latest``: the clock was set back."""
    c = t.outbox.c
    query = update(t.outbox).where(c.state.in_(_OPEN), c.due_at > latest)
    tx.execute(query.values(due_at=latest))


def states_of_task(tx: Tx, task_id: str) -> list[tuple[Channel, MessageState]]:
    """The messages that a task waits for."""
    query = select(t.outbox.c.channel, t.outbox.c.state).where(t.outbox.c.task_id == task_id)
    return [(Channel(row.channel), MessageState(row.state)) for row in tx.execute(query)]


_CAMERAS = (
    select(t.site.c.id, t.site.c.cameras)
    .join(t.incident, t.incident.c.site_id == t.site.c.id)
    .where(t.incident.c.id == bindparam("incident"))
)


def cameras(tx: Tx, incident_id: str) -> list[Camera]:
    """The declared cameras of an incident's site."""
    rows = tx.execute(_CAMERAS, {"incident": incident_id})
    return [Camera.of(r.id, camera) for r in rows for camera in r.cameras or ()]


_RECORDED = select(t.site.c.id, t.site.c.cameras).where(
    t.site.c.state != "terminated",
    t.site.c.shadow_since.is_(None),
    cast(t.site.c.cameras, Text).like('%"pre_alarm": true%'),
)


def recorded_cameras(tx: Tx) -> list[Camera]:
    """Every camera that is recorded all the time; those of sites in shadow are asked by nobody of
    ours."""
    kept = (Camera.of(r.id, camera) for r in tx.execute(_RECORDED) for camera in r.cameras)
    return [camera for camera in kept if camera.pre_alarm]


_STREAMED = select(func.count()).where(cast(t.site.c.cameras, Text).like('%"rtsp://%'))


def streamed_sites(tx: Tx) -> int:
    """How many sites have a camera that is asked over rtsp."""
    return int(tx.execute(_STREAMED).scalar() or 0)


def asked_since(tx: Tx, site_id: str, since: datetime) -> int:
    """Stills and clips of a site that were asked for since then, or will be."""
    c = t.outbox.c
    query = (
        select(func.count())
        .select_from(t.outbox.join(t.incident, t.incident.c.id == c.incident_id))
        .where(
            c.channel == Channel.IMAGES.value,
            t.incident.c.site_id == site_id,
            t.incident.c.state != "filed",
            c.created_at >= since,
            c.to != "",
        )
    )
    return int(tx.execute(query).scalar() or 0)


def asked_links(tx: Tx, incident_id: str) -> int:
    """How many links were fetched for an incident, or will be."""
    c = t.outbox.c
    query = select(func.count()).where(
        c.incident_id == incident_id, c.channel == Channel.IMAGES.value, c.to == ""
    )
    return int(tx.execute(query).scalar() or 0)


def waiting_images(tx: Tx, incident_id: str) -> int:
    """How many stills and clips of an incident are asked for and not yet there."""
    c = t.outbox.c
    query = select(func.count()).where(
        c.incident_id == incident_id, c.channel == Channel.IMAGES.value, c.state.in_(_OPEN)
    )
    return int(tx.execute(query).scalar() or 0)


# --- stills and clips ---------------------------------------------------------------------


def insert_image(tx: Tx, image: Image) -> None:
    """What a camera gave, or why it gave nothing."""
    tx.execute(t.image.insert(), columns(image))


def image(tx: Tx, image_id: str) -> Image | None:
    """One still or clip."""
    return first(tx, select(t.image).where(t.image.c.id == image_id), Image)


def kept_images(tx: Tx) -> list[Image]:
    """Every still and clip that has a file."""
    return found(tx, select(t.image).where(t.image.c.sha256.is_not(None)), Image)


def images_of(tx: Tx, incident_ids: Sequence[str]) -> dict[str, list[Image]]:
    """{incident id: its stills and clips, oldest first}."""
    of: dict[str, list[Image]] = {incident: [] for incident in incident_ids}
    c = t.image.c
    query = select(t.image).where(c.incident_id.in_(list(incident_ids)))
    for each in found(tx, query.order_by(c.taken_at, c.id), Image):
        of[each.incident_id].append(each)
    return of
