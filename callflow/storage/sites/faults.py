"""Rows of faults: what does not work at sites, and what is done about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from callflow.core.signals.signal import Kind
from callflow.core.sites.fault import Fault
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found

_F = t.fault.c


def insert(tx: Tx, fault: Fault) -> None:
    """A fault that becomes known."""
    tx.execute(t.fault.insert(), columns(fault))


def get(tx: Tx, fault_id: str) -> Fault | None:
    """One of them."""
    return first(tx, select(t.fault).where(_F.id == fault_id), Fault)


def of_site(tx: Tx, site_id: str) -> list[Fault]:
    """Those of a site, ended ones too, the oldest first."""
    query = select(t.fault).where(_F.site_id == site_id).order_by(_F.began_at, _F.id)
    return found(tx, query, Fault)


def open_at(tx: Tx, account: str, zone: str) -> Fault | None:
    """The one that runs of this zone of a panel."""
    here = _F.account == account, _F.zone == zone, _F.ended_at.is_(None)
    return first(tx, select(t.fault).where(*here).limit(1), Fault)


def running(tx: Tx, *, since: datetime | None = None, limit: int = 2000) -> list[Fault]:
    """Those that run, of all sites, by site; with ``since`` those too that ended later."""
    still = (
        _F.ended_at.is_(None) if since is None else or_(_F.ended_at.is_(None), _F.ended_at > since)
    )
    query = select(t.fault).where(still).order_by(_F.site_id, _F.began_at, _F.id)
    return found(tx, query.limit(limit), Fault)


def to_remind(tx: Tx, now: datetime, *, limit: int) -> list[Fault]:
    """Those whose client is to be reminded now."""
    due = _F.ended_at.is_(None), _F.remind_at <= now
    query = select(t.fault).where(*due).order_by(_F.remind_at)
    return found(tx, query.limit(limit), Fault)


def change(tx: Tx, fault_id: str, **values: Any) -> bool:
    """Write ``values`` to a fault that runs; whether it does."""
    query = update(t.fault).where(_F.id == fault_id, _F.ended_at.is_(None))
    return tx.execute(query.values(**values)).rowcount == 1


def told_of(
    tx: Tx, account: str, since: datetime, *, limit: int = 500
) -> Sequence[tuple[str, bool, datetime]]:
    """(zone as sent, whether it tells of an end, when) of an account's signals since then, the
    newest first."""
    s = t.signal.c
    query = select(s.zone, s.kind, s.received_at).where(s.account == account, s.received_at > since)
    rows = tx.execute(query.order_by(s.number.desc()).limit(limit)).all()
    return [(row.zone, row.kind == Kind.RESTORE.value, row.received_at) for row in rows]
