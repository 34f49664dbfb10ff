"""Rows of callers who are to be called back: one that is open for each number."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from callflow.core.callers.call_back import CallBack, Candidate
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, columns_of, first, found
from callflow.storage.sites.sites import upsert

_C = t.call_back.c
_CALL_BACK = select(*columns_of(t.call_back, CallBack))
_OPEN = _CALL_BACK.where(_C.ended_at.is_(None)).order_by(_C.first_at, _C.id)
_COUNT = select(func.count()).select_from(t.call_back).where(_C.ended_at.is_(None))
_IS_DUE = _OPEN.where(_C.due_at <= bindparam("now")).limit(50)
_DUE = Reads(_IS_DUE, CallBack)
_DUE_LOCKED = Reads(_IS_DUE.with_for_update(skip_locked=True), CallBack)


def put(tx: Tx, call_back: CallBack) -> None:
    """A new one; where its number has an open one already, that says the same from now on."""
    upsert(tx, t.call_back, ["open_for"], columns(call_back))


def get(tx: Tx, call_back_id: str, *, lock: bool = False) -> CallBack | None:
    """One row; ``lock`` keeps other writers off until the commit (PostgreSQL)."""
    query = _CALL_BACK.where(_C.id == call_back_id)
    if lock and tx.dialect.name != "sqlite":
        query = query.with_for_update()
    return first(tx, query, CallBack)


def open_for(tx: Tx, number: str) -> CallBack | None:
    """The open one of a number, locked."""
    query = _CALL_BACK.where(_C.open_for == number)
    if tx.dialect.name != "sqlite":
        query = query.with_for_update()
    return first(tx, query, CallBack)


def open_ones(tx: Tx, *, limit: int = 200) -> list[CallBack]:
    """Those that nobody is done with, oldest first."""
    return found(tx, _OPEN.limit(limit), CallBack)


def of_incident(tx: Tx, incident_id: str) -> list[CallBack]:
    """The open ones that an incident's callers left, oldest first."""
    return found(tx, _OPEN.where(_C.incident_id == incident_id), CallBack)


def count_open(tx: Tx) -> int:
    """How many ``open_ones`` are."""
    return int(tx.execute(_COUNT).scalar_one())


_ANY_DUE = Prepared(_IS_DUE.limit(1))


def any_due(tx: Tx, now: datetime) -> bool:
    """True where there is anything for ``due``."""
    return _ANY_DUE.first(tx, {"now": now}) is not None


def due(tx: Tx, now: datetime) -> list[CallBack]:
    """Those whose time has passed, oldest first, locked."""
    query = _DUE if tx.dialect.name == "sqlite" else _DUE_LOCKED
    return query.all(tx, {"now": now})


def change(tx: Tx, call_back_id: str, **values: Any) -> bool:
    """Write ``values`` to one that is open; whether it was."""
    query = update(t.call_back).where(_C.id == call_back_id, _C.ended_at.is_(None))
    return tx.execute(query.values(**values)).rowcount == 1


def candidates(tx: Tx, numbers: Collection[str]) -> dict[str, list[Candidate]]:
    """{number: the contacts that have it, with their sites}: who may have called."""
    c = t.contact.c
    query = (
        select(c.phone, c.name, c.language, t.site.c.id.label("site"), t.site.c.name.label("place"))
        .join(t.site_contact, t.site_contact.c.contact_id == c.id)
        .join(t.site, t.site.c.id == t.site_contact.c.site_id)
        .where(c.phone.in_(list(numbers)))
        .order_by(t.site.c.name, c.name)
    )
    of_number: dict[str, list[Candidate]] = {}
    for one in found(tx, query, Candidate):
        of_number.setdefault(one.phone, []).append(one)
    return of_number
