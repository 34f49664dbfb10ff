"""Rows of the duty roster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from callflow.core.desks.roster import Duty, Part
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx

Row = dict[str, Any]


def insert(tx: Tx, duties: Sequence[Duty], *, who: str, now: datetime) -> None:
    """New duties."""
    made = [
        {
            "id": duty.id,
            "part": duty.part.value,
            "user_id": duty.user,
            "name": duty.name,
            "phone": duty.phone,
            "begins_at": duty.begins_at,
            "ends_at": duty.ends_at,
            "made_by": who,
            "made_at": now,
        }
        for duty in duties
    ]
    tx.execute(t.roster.insert(), made)


def remove(tx: Tx, duty_id: str) -> Duty | None:
    """Take one out; what it was."""
    gone = tx.execute(delete(t.roster).where(t.roster.c.id == duty_id).returning(t.roster)).first()
    return _duty(gone) if gone else None


def between(tx: Tx, start: datetime, end: datetime) -> list[Duty]:
    """Duties that have some part of this time, by their beginnings."""
    c = t.roster.c
    query = select(t.roster).where(c.ends_at > start, c.begins_at < end)
    return [_duty(row) for row in tx.execute(query.order_by(c.begins_at, c.id))]


def _duty(row: Any) -> Duty:
    return Duty(
        id=row.id,
        part=Part(row.part),
        name=row.name,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        phone=row.phone,
        user=row.user_id,
    )
