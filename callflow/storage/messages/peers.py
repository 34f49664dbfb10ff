"""Rows of what the backup station is told of."""

from collections.abc import Collection

from sqlalchemy import select, update

from callflow.core.alarms.incident import Incident, State
from callflow.core.station.peer import Notice
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, found

_N = t.peer_notice.c
#: Alarms that are looked at, the most urgent first: a flood is no reason to tell of thousands.
_MOST = 500


def waiting(tx: Tx) -> list[Incident]:
    """Alarms in the human queue that nobody holds, the most urgent first; rehearsals are none."""
    c = t.incident.c
    query = select(t.incident).where(
        c.state == State.OPEN.value,
        c.with_human.is_(True),
        c.holder.is_(None),
        c.exercise.is_(False),
        c.shadow.is_(False),
    )
    return found(tx, query.order_by(c.priority, c.opened_at).limit(_MOST), Incident)


def told_of(tx: Tx, incidents: Collection[str]) -> set[str]:
    """Those of which it was told, whatever became of it."""
    query = select(_N.incident_id).where(_N.incident_id.in_(list(incidents)))
    return set(tx.execute(query).scalars())


def open_ones(tx: Tx) -> list[Notice]:
    """What is not ended, the oldest first."""
    query = select(t.peer_notice).where(_N.ended_at.is_(None)).order_by(_N.due_at, _N.id)
    return found(tx, query.limit(_MOST), Notice)


def insert(tx: Tx, notice: Notice) -> None:
    """A new one."""
    tx.execute(t.peer_notice.insert().values(**columns(notice)))


def change(tx: Tx, notice: Notice) -> bool:
    """As it is now; False where it had ended meanwhile."""
    query = update(t.peer_notice).where(_N.id == notice.id, _N.ended_at.is_(None))
    return tx.execute(query.values(**columns(notice))).rowcount == 1
