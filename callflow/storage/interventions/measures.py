"""Rows of protective measures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx


def insert(tx: Tx, row: dict[str, Any]) -> None:
    """A measure that begins."""
    tx.execute(t.measure.insert(), row)


def get(tx: Tx, measure_id: str) -> dict[str, Any] | None:
    """One measure's row."""
    row = tx.execute(select(t.measure).where(t.measure.c.id == measure_id)).first()
    return dict(row._mapping) if row else None


def of_site(tx: Tx, site_id: str) -> list[dict[str, Any]]:
    """The measures of a site, the oldest first."""
    c = t.measure.c
    query = select(t.measure).where(c.site_id == site_id).order_by(c.began_at, c.id)
    return [dict(row._mapping) for row in tx.execute(query)]


_PROTECTED_UNTIL = Prepared(
    select(func.max(t.measure.c.ends_at).label("ends_at")).where(
        t.measure.c.incident_id == bindparam("incident"),
        t.measure.c.lifted_at.is_(None),
        t.measure.c.ends_at > bindparam("now"),
    )
)


def protected_until(tx: Tx, incident_id: str, now: datetime) -> datetime | None:
    """When the last running measure of an incident ends; None: it has none."""
    found = _PROTECTED_UNTIL.first(tx, {"incident": incident_id, "now": now})
    return found["ends_at"] if found else None


def running(tx: Tx, site_id: str, now: datetime) -> list[dict[str, Any]]:
    """The measures that protect a site now, the oldest first."""
    return _PROTECTING.all(tx, {"site": site_id, "now": now})


_M = t.measure.c
_PROTECTING = Prepared(
    select(t.measure)
    .where(_M.site_id == bindparam("site"), _M.lifted_at.is_(None), _M.ends_at > bindparam("now"))
    .order_by(_M.began_at, _M.id)
)


def stand_alone(tx: Tx, incident_id: str, now: datetime) -> None:
    """What still runs of an incident that is filed stands for itself: its end is looked at."""
    c = t.measure.c
    mine = (c.incident_id == incident_id, c.lifted_at.is_(None), c.ends_at > now)
    query = update(t.measure).where(*mine)
    tx.execute(query.values(incident_id=None))


def lift(tx: Tx, measure_id: str, who: str, now: datetime) -> bool:
    """End a measure that runs; whether it did."""
    c = t.measure.c
    query = update(t.measure).where(c.id == measure_id, c.lifted_at.is_(None))
    return tx.execute(query.values(lifted_at=now, lifted_by=who)).rowcount == 1


def due(tx: Tx, now: datetime, *, limit: int) -> list[dict[str, Any]]:
    """Measures without an incident whose time is over; those of one are the incident's affair."""
    c = t.measure.c
    ended = (c.incident_id.is_(None), c.lifted_at.is_(None), c.ends_at <= now)
    query = select(t.measure).where(*ended).order_by(c.ends_at).limit(limit)
    return [dict(row._mapping) for row in tx.execute(query)]


def faults(tx: Tx, site_id: str) -> list[dict[str, Any]]:
    """The running measures that have a zone of the site out of service, the oldest first."""
    c = t.measure.c
    query = select(t.measure).where(c.site_id == site_id, c.zone != "", c.lifted_at.is_(None))
    return [dict(row._mapping) for row in tx.execute(query.order_by(c.began_at))]


def fault_of(tx: Tx, site_id: str, zone: str) -> dict[str, Any] | None:
    """The newest running measure that has this zone out of service."""
    return next((row for row in reversed(faults(tx, site_id)) if row["zone"] == zone), None)
