"""Rows of what people said after a tone in a call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx

Row = dict[str, Any]

_C = t.spoken.c


def get(tx: Tx, name: str) -> Row | None:
    """What was said under this name."""
    row = tx.execute(select(t.spoken).where(_C.name == name)).first()
    return dict(row._mapping) if row else None


def insert(tx: Tx, row: Row) -> None:
    """It was said, and is kept."""
    tx.execute(t.spoken.insert().values(**row))


def unsettled(tx: Tx, call_id: str) -> list[str]:
    """What was said in a call and came to nothing yet, the first first."""
    return [row["name"] for row in _UNSETTLED.all(tx, {"call": call_id})]


_UNSETTLED = Prepared(
    select(_C.name)
    .where(_C.call_id == bindparam("call"), _C.settled_at.is_(None))
    .order_by(_C.said_at)
)


def settle(tx: Tx, call_id: str, now: datetime) -> None:
    """All that was said in the call until now is seen to."""
    query = update(t.spoken).where(_C.call_id == call_id, _C.settled_at.is_(None))
    tx.execute(query.values(settled_at=now))


def undrafted(tx: Tx, node: str) -> list[Row]:
    """What waits on a node to be listened to and that no machine tried to write down, the first
    first, with the ``language`` of whoever said it."""
    i, call, who = t.instruction.c, t.call, t.contact
    query = (
        select(t.spoken, func.coalesce(who.c.language, "fr").label("language"))
        .join(t.instruction, i.voice == _C.name)
        .join(call, call.c.id == _C.call_id)
        .outerjoin(who, who.c.id == i.asked_by)
        .where(i.transcriber.is_(None), i.withdrawn_at.is_(None))
        .where(_C.drafted_at.is_(None), call.c.node == node)
    )
    return [dict(row._mapping) for row in tx.execute(query.order_by(_C.said_at))]


def draft(tx: Tx, name: str, text: str, now: datetime) -> None:
    """What a machine made of it; "": nothing."""
    query = update(t.spoken).where(_C.name == name)
    tx.execute(query.values(draft=text, drafted_at=now))


def everything(tx: Tx) -> list[Row]:
    """Every row."""
    return [dict(row._mapping) for row in tx.execute(select(t.spoken))]


def named(tx: Tx, names: Sequence[str]) -> dict[str, Row]:
    """{name: its row}."""
    query = select(t.spoken).where(_C.name.in_(list(names)))
    return {row.name: dict(row._mapping) for row in tx.execute(query)}
