"""Rows of the duty roster."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from callflow.core.desks.roster import Duty
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found


def insert(tx: Tx, duties: Sequence[Duty]) -> None:
    """New duties."""
    tx.execute(t.roster.insert(), [columns(duty) for duty in duties])


def remove(tx: Tx, duty_id: str) -> Duty | None:
    """Take one out; what it was."""
    return first(tx, delete(t.roster).where(t.roster.c.id == duty_id).returning(t.roster), Duty)


def between(tx: Tx, start: datetime, end: datetime) -> list[Duty]:
    """Duties that have some part of this time, by their beginnings."""
    c = t.roster.c
    query = select(t.roster).where(c.ends_at > start, c.begins_at < end)
    return found(tx, query.order_by(c.begins_at, c.id), Duty)
