"""Rows of backups and drills that were made, or failed."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from callflow.core.station.backups import Run, What
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, found

_C = t.backup_run.c


def insert(tx: Tx, run: Run) -> None:
    """One that begins."""
    tx.execute(t.backup_run.insert(), columns(run))


def change(tx: Tx, run: Run) -> None:
    """As it is now."""
    values: dict[str, Any] = columns(run)
    tx.execute(update(t.backup_run).where(_C.id == values.pop("id")).values(**values))


def between(tx: Tx, since: datetime, until: datetime) -> list[Run]:
    """Those that began from ``since`` until before ``until``, by time."""
    query = select(t.backup_run).where(_C.begun_at >= since, _C.begun_at < until)
    return found(tx, query.order_by(_C.begun_at, _C.id), Run)


def newest(tx: Tx, what: What | None = None, *, limit: int = 20) -> list[Run]:
    """The last ones, the newest first."""
    query = select(t.backup_run).order_by(_C.begun_at.desc(), _C.id.desc()).limit(limit)
    return found(tx, query if what is None else query.where(_C.what == what.value), Run)
