"""Rows of acts that an operator may take back for some seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from callflow.storage import schema as t
from callflow.storage.engine.store import Tx

Row = dict[str, Any]


def insert(tx: Tx, row: Row) -> None:
    """An act was done that can be taken back."""
    tx.execute(t.undo.insert().values(**row))


def forget(tx: Tx, who: str, before: datetime) -> None:
    """What nobody can take back any more goes."""
    tx.execute(delete(t.undo).where(t.undo.c.who == who, t.undo.c.at < before))


def get(tx: Tx, undo_id: str) -> Row | None:
    """One act."""
    row = tx.execute(select(t.undo).where(t.undo.c.id == undo_id)).first()
    return dict(row._mapping) if row else None


def last(tx: Tx, who: str, since: datetime) -> Row | None:
    """The last act of a person since then that was not taken back."""
    c = t.undo.c
    query = (
        select(t.undo)
        .where(c.who == who, c.at > since, c.undone_at.is_(None))
        .order_by(c.at.desc(), c.id)
        .limit(1)
    )
    row = tx.execute(query).first()
    return dict(row._mapping) if row else None


def take(tx: Tx, undo_id: str, now: datetime) -> bool:
    """Compare-and-set: an act is taken back once."""
    c = t.undo.c
    query = update(t.undo).where(c.id == undo_id, c.undone_at.is_(None)).values(undone_at=now)
    return tx.execute(query).rowcount == 1
