"""Rows of canaries: calls of the station to itself, and what came of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from callflow.core.watch.canary import Canary
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, columns_of, found, written

_C = t.canary.c
_ALL = columns_of(t.canary, Canary)
_OPEN = Reads(select(*_ALL).where(_C.settled_at.is_(None)).order_by(_C.asked_at).limit(1), Canary)
_ONE = Reads(select(*_ALL).where(_C.id == bindparam("id")), Canary)


def insert(tx: Tx, canary: Canary) -> None:
    """One that is asked for."""
    tx.execute(t.canary.insert(), columns(canary))


def open_one(tx: Tx) -> Canary | None:
    """The one that is under way: there is one at a time."""
    return _OPEN.first(tx, {})


def get(tx: Tx, canary_id: str) -> Canary | None:
    """By its placed call's id."""
    return _ONE.first(tx, {"id": canary_id})


def change(tx: Tx, canary_id: str, **values: Any) -> None:
    """Write ``values``, unless it is settled."""
    query = update(t.canary).where(_C.id == canary_id, _C.settled_at.is_(None))
    tx.execute(query.values(**{name: written(value) for name, value in values.items()}))


def newest(tx: Tx, trunk: str, node: str, *, limit: int) -> list[Canary]:
    """The last settled ones over a node's trunk, the newest first."""
    mine = _C.trunk == trunk, _C.node == node, _C.settled_at.is_not(None)
    query = select(*_ALL).where(*mine).order_by(_C.asked_at.desc(), _C.id.desc()).limit(limit)
    return found(tx, query, Canary)


def ways(tx: Tx) -> set[tuple[str, str]]:
    """(trunk, node) of every one that is kept."""
    return {(row.trunk, row.node) for row in tx.execute(select(_C.trunk, _C.node).distinct())}


def drop(tx: Tx, trunk: str, node: str) -> None:
    """Those over a node's trunk, which is not tried any more."""
    tx.execute(delete(t.canary).where(_C.trunk == trunk, _C.node == node))


def forget(tx: Tx, before: datetime) -> None:
    """Those that were asked for before then."""
    tx.execute(delete(t.canary).where(_C.asked_at < before))
