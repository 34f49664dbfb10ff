"""Rows of files of sites that are tried: seen by every web process, worked on by one at a time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update

from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx

Row = dict[str, Any]

#: For so long a file is kept, whatever becomes of it.
KEPT = timedelta(hours=1)
#: After so long without a sign whoever worked on it is dead.
STALE = timedelta(seconds=10)

_C = t.site_upload.c
_SEEN = [column for column in t.site_upload.columns if column is not _C.data]


def insert(tx: Tx, row: Row) -> None:
    """A file was sent."""
    tx.execute(t.site_upload.insert().values(**row))


def get(tx: Tx, id: str, who: str) -> Row | None:
    """A file that ``who`` sent, without its content."""
    row = tx.execute(select(*_SEEN).where(_C.id == id, _C.who == who)).first()
    return dict(row._mapping) if row else None


def content(tx: Tx, id: str) -> bytes | None:
    """What is in it, as it was kept."""
    return tx.execute(select(_C.data).where(_C.id == id)).scalar()


def ids(tx: Tx) -> set[str]:
    """Those that are kept."""
    return set(tx.execute(select(_C.id)).scalars())


def busy(tx: Tx, phases: Collection[str], now: datetime) -> int:
    """How many of them somebody works on."""
    query = select(func.count()).where(_C.phase.in_(phases), _C.beat_at > now - STALE)
    return int(tx.execute(query).scalar_one())


def make_room(tx: Tx, most: int, phases: Collection[str], now: datetime) -> None:
    """The oldest go that nobody works on, until there are no more than ``most``."""
    forget_old(tx, now)
    idle = or_(_C.phase.not_in(phases), _C.beat_at <= now - STALE)
    many = int(tx.execute(select(func.count()).select_from(t.site_upload)).scalar_one()) - most
    if many > 0:
        oldest = list(tx.execute(select(_C.id).where(idle).order_by(_C.at).limit(many)).scalars())
        tx.execute(delete(t.site_upload).where(_C.id.in_(oldest)))


def change(
    tx: Tx, id: str, worker: str, values: Row, *, phases: Collection[str] | None = None
) -> bool:
    """How far it is, says ``worker``; False where it is gone, or another's, or in none of these
    phases."""
    query = update(t.site_upload).where(_C.id == id, _C.worker == worker)
    if phases is not None:
        query = query.where(_C.phase.in_(phases))
    return bool(tx.execute(query.values(**values)).rowcount)


def take_over(tx: Tx, seen: Row, worker: str, values: Row) -> bool:
    """``worker`` works on it from now on; False where somebody was faster."""
    same = (getattr(_C, name) == seen[name] for name in ("id", "worker", "phase", "beat_at"))
    query = update(t.site_upload).where(*same)
    return bool(tx.execute(query.values(worker=worker, **values)).rowcount)


def claim(tx: Tx, id: str, worker: str, digest: str, values: Row, *, ready: str, own: str) -> bool:
    """``worker`` writes what was shown: it is ``ready``, or its ``own`` try has failed."""
    waits = or_(_C.phase == ready, (_C.worker == worker) & (_C.phase == own))
    query = update(t.site_upload).where(_C.id == id, _C.digest == digest, waits)
    return bool(tx.execute(query.values(worker=worker, **values)).rowcount)


def release(tx: Tx, worker: str, now: datetime) -> None:
    """``worker`` ends: whoever looks next goes on at once."""
    query = update(t.site_upload).where(_C.worker == worker)
    tx.execute(query.values(beat_at=now - STALE))


def drop(tx: Tx, id: str, unless: str) -> bool:
    """It goes, unless it is in that phase."""
    return bool(tx.execute(delete(t.site_upload).where(_C.id == id, _C.phase != unless)).rowcount)


_OLD = Prepared(select(_C.id).where(_C.at < bindparam("before")).limit(1))


def any_old(tx: Tx, now: datetime) -> bool:
    """Whether the time of one is over."""
    return _OLD.first(tx, {"before": now - KEPT}) is not None


def forget_old(tx: Tx, now: datetime) -> None:
    """Those go whose time is over."""
    tx.execute(delete(t.site_upload).where(_C.at < now - KEPT))


def forget_all(tx: Tx) -> None:
    """All go: somebody who is in one is erased."""
    tx.execute(delete(t.site_upload))
