"""Rows of calendars that programs read, and what stands in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from callflow.core.interventions.feed import Feed
from callflow.core.plans.measure import ProtectiveMeasure
from callflow.core.sites.fault import Fault
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, columns_of, first, found

_F, _M, _A = t.calendar_feed.c, t.measure.c, t.fault.c


def insert(tx: Tx, feed: Feed) -> None:
    """A new one."""
    tx.execute(t.calendar_feed.insert(), columns(feed))


def get(tx: Tx, feed_id: str) -> Feed | None:
    """One."""
    return first(tx, select(t.calendar_feed).where(_F.id == feed_id), Feed)


def in_force(tx: Tx, token_hash: str) -> Feed | None:
    """Whose token this is; None: nobody's any more."""
    query = select(t.calendar_feed).where(_F.token_hash == token_hash, _F.revoked_at.is_(None))
    return first(tx, query, Feed)


def all_of(tx: Tx) -> list[Feed]:
    """Every one, those in force first, by their names."""
    order = (_F.revoked_at.is_not(None), _F.name, _F.made_at)
    return found(tx, select(t.calendar_feed).order_by(*order), Feed)


def change(tx: Tx, feed_id: str, **values: Any) -> bool:
    """Write ``values`` to one that is in force; whether it was."""
    query = update(t.calendar_feed).where(_F.id == feed_id, _F.revoked_at.is_(None))
    return tx.execute(query.values(**values)).rowcount == 1


@dataclass(frozen=True, slots=True)
class MeasureAt(ProtectiveMeasure):
    """A measure, where, and who does it."""

    site_name: str = ""
    address: str = ""
    firm_name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultAt(Fault):
    """A fault, where, and who comes for it."""

    site_name: str = ""
    address: str = ""
    firm_name: str | None = None


def measures(
    tx: Tx, since: datetime, *, client_id: str | None, firm_id: str | None, limit: int
) -> list[MeasureAt]:
    """Measures that did not end before ``since``, the newest first."""
    query = _there(select(*columns_of(t.measure, ProtectiveMeasure)), t.measure)
    query = _of(query, _M.firm_id, client_id, firm_id)
    query = query.where(_M.ends_at >= since, _M.lifted_at.is_(None) | (_M.lifted_at >= since))
    return found(tx, query.order_by(_M.began_at.desc(), _M.id.desc()).limit(limit), MeasureAt)


def appointments(
    tx: Tx, since: datetime, *, client_id: str | None, firm_id: str | None, limit: int
) -> list[FaultAt]:
    """Faults for which somebody comes, ``since`` then, the latest first."""
    query = _there(select(*columns_of(t.fault, Fault)), t.fault)
    query = _of(query, _A.firm_id, client_id, firm_id).where(_A.appointment_at >= since)
    return found(tx, query.order_by(_A.appointment_at.desc(), _A.id).limit(limit), FaultAt)


def _there(query: Select[Any], table: Any) -> Select[Any]:
    site, firm = t.site.c, t.contact.c
    return (
        query.add_columns(site.name.label("site_name"), site.address, firm.name.label("firm_name"))
        .select_from(table)
        .join(t.site, site.id == table.c.site_id)
        .outerjoin(t.contact, firm.id == table.c.firm_id)
    )


def _of(query: Select[Any], firm: Any, client_id: str | None, firm_id: str | None) -> Select[Any]:
    if client_id is not None:
        query = query.where(t.site.c.client_id == client_id)
    if firm_id is not None:
        query = query.where(firm == firm_id)
    return query
