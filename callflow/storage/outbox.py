"""Rows of messages, claimed by compare-and-set, and of the stills that cameras gave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from callflow.outbox import OPEN_STATES, Channel, MessageState
from callflow.storage import schema as t
from callflow.storage.store import Tx, hint

Row = dict[str, Any]

_OPEN = [state.value for state in OPEN_STATES]
_INSERT = t.outbox.insert()


def insert(tx: Tx, row: Row) -> None:
    """A new message, before anything is sent."""
    tx.execute(_INSERT, row)
    hint(tx, "notify")


def get(tx: Tx, message_id: str) -> Row | None:
    """One message's row."""
    row = tx.execute(select(t.outbox).where(t.outbox.c.id == message_id)).first()
    return dict(row._mapping) if row else None


_DUE = (
    select(t.outbox.c.channel)
    .where(t.outbox.c.state.in_(_OPEN), t.outbox.c.due_at <= bindparam("now"))
    .distinct()
)


def due_channels(tx: Tx, now: datetime) -> list[Channel]:
    """The channels that have something to send."""
    return [Channel(name) for name in tx.execute(_DUE, {"now": now}).scalars()]


def claim(tx: Tx, channel: Channel, now: datetime, until: datetime, limit: int) -> list[Row]:
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
    rows = [dict(row._mapping) for row in tx.execute(query)]
    sending = MessageState.SENDING.value
    changed = update(t.outbox).where(c.id.in_([row["id"] for row in rows]))
    if rows:
        tx.execute(changed.values(state=sending, due_at=until, attempts=c.attempts + 1))
    return [
        {**row, "state": sending, "due_at": until, "attempts": row["attempts"] + 1} for row in rows
    ]


def end(tx: Tx, message_id: str, state: MessageState, now: datetime, *, error: str = "") -> bool:
    """A message is delivered, given up or withdrawn; whether it was not ended already."""
    c = t.outbox.c
    query = update(t.outbox).where(c.id == message_id, c.state.in_(_OPEN))
    query = query.values(state=state.value, ended_at=now, last_error=error)
    return tx.execute(query).rowcount == 1


def put_off(tx: Tx, message_id: str, due: datetime, error: str) -> None:
    """A claimed message is tried again at ``due``."""
    query = update(t.outbox).where(t.outbox.c.id == message_id)
    query = query.values(state=MessageState.WAITING.value, due_at=due, last_error=error)
    tx.execute(query)
    hint(tx, "notify")


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
    select(t.site.c.cameras)
    .join(t.incident, t.incident.c.site_id == t.site.c.id)
    .where(t.incident.c.id == bindparam("incident"))
)


def cameras(tx: Tx, incident_id: str) -> list[Row]:
    """The declared cameras of an incident's site, as stored."""
    return list(tx.execute(_CAMERAS, {"incident": incident_id}).scalar() or [])


# --- stills -------------------------------------------------------------------------------


def insert_image(tx: Tx, row: Row) -> None:
    """What a camera gave, or why it gave nothing."""
    tx.execute(t.image.insert().values(**row))


def image(tx: Tx, image_id: str) -> Row | None:
    """One still's row."""
    row = tx.execute(select(t.image).where(t.image.c.id == image_id)).first()
    return dict(row._mapping) if row else None


def images_of(tx: Tx, incident_ids: Sequence[str]) -> dict[str, list[Row]]:
    """{incident id: its stills, oldest first}."""
    found: dict[str, list[Row]] = {incident: [] for incident in incident_ids}
    c = t.image.c
    query = select(t.image).where(c.incident_id.in_(list(incident_ids)))
    for row in tx.execute(query.order_by(c.taken_at, c.id)):
        found[row.incident_id].append(dict(row._mapping))
    return found
