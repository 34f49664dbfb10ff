"""Rows of files of sites that are tried: seen by every web process, worked on by one at a time."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update

from callflow.core.sites.files.upload import UNDER_WAY, Phase, Upload
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, columns_of, first

#: For so long a file is kept, whatever becomes of it.
KEPT = timedelta(hours=1)
#: After so long without a sign whoever worked on it is dead.
STALE = timedelta(seconds=10)

_C = t.site_upload.c


def insert(tx: Tx, upload: Upload, data: bytes) -> None:
    """A file was sent."""
    tx.execute(t.site_upload.insert().values(**columns(upload), data=data))


def get(tx: Tx, id: str, who: str) -> Upload | None:
    """A file that ``who`` sent."""
    query = select(*columns_of(t.site_upload, Upload))
    return first(tx, query.where(_C.id == id, _C.who == who), Upload)


def content(tx: Tx, id: str) -> bytes | None:
    """What is in it, as it was kept."""
    return tx.execute(select(_C.data).where(_C.id == id)).scalar()


def ids(tx: Tx) -> set[str]:
    """Those that are kept."""
    return set(tx.execute(select(_C.id)).scalars())


def busy(tx: Tx, now: datetime) -> int:
    """How many of them somebody works on."""
    query = select(func.count()).where(_C.phase.in_(UNDER_WAY), _C.beat_at > now - STALE)
    return int(tx.execute(query).scalar_one())


def make_room(tx: Tx, most: int, now: datetime) -> None:
    """The oldest go that nobody works on, until there are no more than ``most``."""
    forget_old(tx, now)
    idle = or_(_C.phase.not_in(UNDER_WAY), _C.beat_at <= now - STALE)
    many = int(tx.execute(select(func.count()).select_from(t.site_upload)).scalar_one()) - most
    if many > 0:
        oldest = list(tx.execute(select(_C.id).where(idle).order_by(_C.at).limit(many)).scalars())
        tx.execute(delete(t.site_upload).where(_C.id.in_(oldest)))


def change(tx: Tx, id: str, worker: str, *, under_way: bool = False, **values: Any) -> bool:
    """How far it is, says ``worker``; False where it is gone, or another's, or, of one that is to
    be ``under_way``, no more."""
    query = update(t.site_upload).where(_C.id == id, _C.worker == worker)
    if under_way:
        query = query.where(_C.phase.in_(UNDER_WAY))
    return bool(tx.execute(query.values(**values)).rowcount)


def take_over(tx: Tx, seen: Upload, worker: str, **values: Any) -> bool:
    """``worker`` works on it from now on; False where somebody was faster."""
    same = (getattr(_C, n) == getattr(seen, n) for n in ("id", "worker", "phase", "beat_at"))
    query = update(t.site_upload).where(*same)
    return bool(tx.execute(query.values(worker=worker, **values)).rowcount)


def claim(tx: Tx, id: str, worker: str, digest: str, **values: Any) -> bool:
    """``worker`` writes what was shown: it is ready, or its own try has failed."""
    waits = or_(_C.phase == Phase.READY, (_C.worker == worker) & (_C.phase == Phase.WRITING))
    query = update(t.site_upload).where(_C.id == id, _C.digest == digest, waits)
    return bool(tx.execute(query.values(worker=worker, **values)).rowcount)


def release(tx: Tx, worker: str, now: datetime) -> None:
    """``worker`` ends: whoever looks next goes on at once."""
    query = update(t.site_upload).where(_C.worker == worker)
    tx.execute(query.values(beat_at=now - STALE))


def drop(tx: Tx, id: str) -> bool:
    """It goes, unless it is being written."""
    idle = _C.phase != Phase.WRITING
    return bool(tx.execute(delete(t.site_upload).where(_C.id == id, idle)).rowcount)


_OLD = Prepared(select(_C.id).where(_C.at < bindparam("before")).limit(1))


def any_old(tx: Tx, now: datetime) -> bool:
    """True where the time of one is over."""
    return _OLD.first(tx, {"before": now - KEPT}) is not None


def forget_old(tx: Tx, now: datetime) -> None:
    """Those go whose time is over."""
    tx.execute(delete(t.site_upload).where(_C.at < now - KEPT))


def forget_all(tx: Tx) -> None:
    """All go: somebody who is in one is erased."""
    tx.execute(delete(t.site_upload))
