"""Rows of a year that the auditor's report alone asks for."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select

from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import Kind
from callflow.core.station.peer import Notice
from callflow.core.time.hours import Span
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found

#: Rows of each that are read.
_MOST = 5000


def alarms(tx: Tx, during: Span, *, kinds: Collection[Kind], account: str = "") -> list[Incident]:
    """Those that were opened in that time about these kinds, or from ``account``, the oldest first;
    rehearsals are none."""
    c = t.incident.c
    wanted: ColumnElement[bool] = c.kind.in_([kind.value for kind in kinds])
    if account:
        wanted = or_(wanted, c.account == account)
    query = select(t.incident).where(
        c.opened_at >= during.start, c.opened_at < during.end, c.exercise.is_(False), wanted
    )
    return found(tx, query.order_by(c.opened_at, c.id).limit(_MOST), Incident)


def notices(tx: Tx, during: Span) -> list[Notice]:
    """What the backup station was told of in that time, the oldest first."""
    c = t.peer_notice.c
    query = select(t.peer_notice).where(c.asked_at >= during.start, c.asked_at < during.end)
    return found(tx, query.order_by(c.asked_at, c.id).limit(_MOST), Notice)
