"""What whoever takes up a shift reads, beside the incidents: rows with their sites' names.

Each list has at most ``limit`` rows; a page says where there are more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from callflow.core.records.logbook import Entry
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found

Row = dict[str, Any]

_I, _T = t.instruction.c, t.on_test.c


def instructions(tx: Tx, now: datetime, until: datetime, *, limit: int) -> list[Row]:
    """Provisional instructions that are in force, or will be before ``until``; by their ends."""
    query = (
        select(t.instruction, t.site.c.name.label("site_name"))
        .join(t.site, t.site.c.id == _I.site_id)
        .where(_I.ends_at > now, _I.begins_at <= until, _I.withdrawn_at.is_(None))
        .order_by(_I.ends_at, _I.id)
    )
    return _rows(tx, query, limit)


def tests(tx: Tx, now: datetime, *, limit: int) -> list[Row]:
    """Sites on test now, whose test ends first at the front."""
    query = (
        select(t.on_test, t.site.c.name.label("site_name"))
        .join(t.site, t.site.c.id == _T.site_id)
        .where(_T.ended_at.is_(None), _T.ends_at > now)
        .order_by(_T.ends_at, _T.id)
    )
    return _rows(tx, query, limit)


def people(tx: Tx, since: datetime, *, limit: int) -> list[Entry]:
    """Entries about who works here, and as what, since then; the newest first."""
    c = t.logbook.c
    about = or_(c.kind.like("user\\_%", escape="\\"), c.kind.like("roster\\_%", escape="\\"))
    query = select(t.logbook).where(c.at >= since, about)
    return found(tx, query.order_by(c.at.desc(), c.number.desc()).limit(limit), Entry)


def _rows(tx: Tx, query: Select[Any], limit: int) -> list[Row]:
    return [dict(row._mapping) for row in tx.execute(query.limit(limit))]
