"""Rows of what far ends said of messages."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, exists, select

from callflow.core.messages.outbox import Channel, Message, MessageState
from callflow.core.messages.proof import Proof, Stage
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found, grouped


def insert(tx: Tx, proof: Proof) -> None:
    """One more word on a message."""
    tx.execute(t.proof.insert(), columns(proof))


def of_messages(tx: Tx, message_ids: Iterable[str]) -> dict[str, list[Proof]]:
    """{message id: what was said of it, oldest first}; those of which nothing was are left out."""
    c = t.proof.c
    query = select(t.proof).where(c.message_id.in_(list(message_ids))).order_by(c.at, c.id)
    return grouped(found(tx, query, Proof), lambda proof: proof.message_id)


def is_said(tx: Tx, message_id: str, stage: Stage) -> bool:
    """True where a message is known to have come so far."""
    c = t.proof.c
    query = select(c.id).where(c.message_id == message_id, c.stage == stage.value)
    return tx.execute(query).first() is not None


def reference_of(tx: Tx, message_id: str) -> str:
    """What the far end that took a message calls it; "" where nobody did."""
    c = t.proof.c
    query = select(c.reference).where(c.message_id == message_id, c.stage == Stage.TAKEN.value)
    return str(tx.execute(query.order_by(c.at.desc()).limit(1)).scalar() or "")


def message_called(tx: Tx, channel: Channel, reference: str) -> Message | None:
    """The message of a channel that a far end calls so; None: no message, or no reference."""
    if not reference:
        return None
    query = select(t.outbox).join(t.proof, t.proof.c.message_id == t.outbox.c.id)
    query = query.where(
        t.proof.c.reference == reference,
        t.proof.c.reference != "",
        t.outbox.c.channel == channel.value,
    )
    return first(tx, query.order_by(t.proof.c.at.desc()).limit(1), Message)


def messages_of(tx: Tx, incident_ids: Sequence[str]) -> list[Message]:
    """What was told of these incidents by mail, SMS, fax, letter and the like, oldest first."""
    c = t.outbox.c
    query = select(t.outbox).where(c.incident_id.in_(incident_ids), c.channel != "images")
    return found(tx, query.order_by(c.created_at, c.id), Message)


def _letters(*, posted: bool) -> Select[Any]:
    """Letters in the folder, stamped or not."""
    c, p = t.outbox.c, t.proof.c
    stamped = exists().where(p.message_id == c.id, p.stage == Stage.POSTED.value)
    query = select(t.outbox).where(
        c.channel == Channel.POST.value, c.state == MessageState.SENT.value
    )
    return query.where(stamped if posted else ~stamped)


def unposted(tx: Tx) -> list[Message]:
    """Letters that wait to be stamped, oldest first."""
    query = _letters(posted=False).order_by(t.outbox.c.created_at, t.outbox.c.id)
    return found(tx, query.limit(500), Message)


def posted(tx: Tx, limit: int) -> list[Message]:
    """Letters that were stamped, the newest first."""
    query = _letters(posted=True).order_by(t.outbox.c.created_at.desc(), t.outbox.c.id)
    return found(tx, query.limit(limit), Message)
