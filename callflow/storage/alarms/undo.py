"""Rows of acts that an operator may take back for some seconds."""

from datetime import datetime

from sqlalchemy import delete, select, update

from callflow.core.alarms.undo import Undo
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first


def insert(tx: Tx, act: Undo) -> None:
    """An act was done that can be taken back."""
    tx.execute(t.undo.insert().values(**columns(act)))


def forget(tx: Tx, who: str, before: datetime) -> None:
    """Delete acts that nobody can take back any more."""
    tx.execute(delete(t.undo).where(t.undo.c.who == who, t.undo.c.at < before))


def get(tx: Tx, undo_id: str) -> Undo | None:
    """One act."""
    return first(tx, select(t.undo).where(t.undo.c.id == undo_id), Undo)


def last(tx: Tx, who: str, since: datetime) -> Undo | None:
    """The last act of a person since then that was not taken back."""
    c = t.undo.c
    query = (
        select(t.undo)
        .where(c.who == who, c.at > since, c.undone_at.is_(None))
        .order_by(c.at.desc(), c.id.desc())
        .limit(1)
    )
    return first(tx, query, Undo)


def take(tx: Tx, undo_id: str, now: datetime) -> bool:
    """Compare-and-set: an act is taken back once."""
    c = t.undo.c
    query = update(t.undo).where(c.id == undo_id, c.undone_at.is_(None)).values(undone_at=now)
    return tx.execute(query).rowcount == 1
