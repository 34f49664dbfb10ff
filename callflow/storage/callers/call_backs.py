"""Rows of callers who are to be called back: one that is open for each number."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.sites.sites import upsert

_C = t.call_back.c
_OPEN = select(t.call_back).where(_C.ended_at.is_(None)).order_by(_C.first_at, _C.id)
_COUNT = select(func.count()).select_from(t.call_back).where(_C.ended_at.is_(None))
_DUE = _OPEN.where(_C.due_at <= bindparam("now")).limit(50)


def put(tx: Tx, row: dict[str, Any]) -> None:
    """A new one; where its number has an open one already, that says the same from now on."""
    upsert(tx, t.call_back, ["open_for"], row)


def get(tx: Tx, call_back_id: str, *, lock: bool = False) -> dict[str, Any] | None:
    """One row; ``lock`` keeps other writers off until the commit (PostgreSQL)."""
    query = select(t.call_back).where(_C.id == call_back_id)
    if lock and tx.dialect.name != "sqlite":
        query = query.with_for_update()
    row = tx.execute(query).first()
    return dict(row._mapping) if row else None


def open_for(tx: Tx, number: str) -> dict[str, Any] | None:
    """The open one of a number, locked."""
    query = select(t.call_back).where(_C.open_for == number)
    if tx.dialect.name != "sqlite":
        query = query.with_for_update()
    row = tx.execute(query).first()
    return dict(row._mapping) if row else None


def open_ones(tx: Tx, *, limit: int = 200) -> list[dict[str, Any]]:
    """Those that nobody is done with, oldest first."""
    return [dict(row._mapping) for row in tx.execute(_OPEN.limit(limit))]


def count_open(tx: Tx) -> int:
    """How many ``open_ones`` are."""
    return int(tx.execute(_COUNT).scalar_one())


_ANY_DUE = Prepared(_DUE.limit(1))


def any_due(tx: Tx, now: datetime) -> bool:
    """Whether there is anything for ``due``."""
    return _ANY_DUE.first(tx, {"now": now}) is not None


def due(tx: Tx, now: datetime) -> list[dict[str, Any]]:
    """Those whose time has passed, oldest first, locked."""
    query = _DUE if tx.dialect.name == "sqlite" else _DUE.with_for_update(skip_locked=True)
    return [dict(row._mapping) for row in tx.execute(query, {"now": now})]


def change(tx: Tx, call_back_id: str, **values: Any) -> bool:
    """Write ``values`` to one that is open; whether it was."""
    query = update(t.call_back).where(_C.id == call_back_id, _C.ended_at.is_(None))
    return tx.execute(query.values(**values)).rowcount == 1


def to_be_called(tx: Tx, numbers: Collection[str]) -> set[str]:
    """Those of ``numbers`` that somebody is to call back."""
    query = select(_C.open_for).where(_C.open_for.in_(list(numbers)))
    return set(tx.execute(query).scalars())


def candidates(tx: Tx, numbers: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """{number: the contacts that have it, with their sites}: who may have called."""
    c = t.contact.c
    query = (
        select(c.phone, c.name, c.language, t.site.c.id.label("site"), t.site.c.name.label("place"))
        .join(t.site_contact, t.site_contact.c.contact_id == c.id)
        .join(t.site, t.site.c.id == t.site_contact.c.site_id)
        .where(c.phone.in_(list(numbers)))
        .order_by(t.site.c.name, c.name)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in tx.execute(query):
        found.setdefault(row.phone, []).append(dict(row._mapping))
    return found
