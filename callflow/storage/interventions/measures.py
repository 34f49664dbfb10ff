"""Rows of protective measures."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text, update

from callflow.core.plans.measure import ProtectiveMeasure, Report
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, first, found, grouped


def insert(tx: Tx, measure: ProtectiveMeasure) -> None:
    """A measure that begins."""
    made = replace(measure, opened_for=measure.incident_id)
    tx.execute(t.measure.insert(), columns(made))


def get(tx: Tx, measure_id: str) -> ProtectiveMeasure | None:
    """One measure."""
    return first(tx, select(t.measure).where(t.measure.c.id == measure_id), ProtectiveMeasure)


def of_site(tx: Tx, site_id: str) -> list[ProtectiveMeasure]:
    """The measures of a site, the oldest first."""
    c = t.measure.c
    query = select(t.measure).where(c.site_id == site_id).order_by(c.began_at, c.id)
    return found(tx, query, ProtectiveMeasure)


_PROTECTED_UNTIL = Prepared(
    select(func.max(t.measure.c.ends_at).label("ends_at")).where(
        t.measure.c.incident_id == bindparam("incident"),
        t.measure.c.lifted_at.is_(None),
        t.measure.c.ends_at > bindparam("now"),
    )
)


def protected_until(tx: Tx, incident_id: str, now: datetime) -> datetime | None:
    """When the last running measure of an incident ends; None: it has none."""
    row = _PROTECTED_UNTIL.first(tx, {"incident": incident_id, "now": now})
    return row["ends_at"] if row else None


def running(tx: Tx, site_id: str, now: datetime) -> list[ProtectiveMeasure]:
    """The measures that protect a site now, the oldest first."""
    return [one for one in to_run(tx, site_id, now) if one.began_at <= now]


def to_run(tx: Tx, site_id: str, now: datetime) -> list[ProtectiveMeasure]:
    """These, and those that begin later, or began by a clock that was set back since."""
    return _UNENDED.all(tx, {"site": site_id, "now": now})


_M = t.measure.c
_UNENDED = Reads(
    select(t.measure)
    .where(_M.site_id == bindparam("site"), _M.lifted_at.is_(None))
    .where(_M.ends_at > bindparam("now"))
    .order_by(_M.began_at, _M.id),
    ProtectiveMeasure,
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


_RUNNING = text("lifted_at IS NULL")
_DUE = Reads(
    select(t.measure)
    .where(_RUNNING)
    .where((_M.ends_at <= bindparam("now")) | (_M.report_due <= bindparam("now")))
    .order_by(_M.ends_at)
    .limit(bindparam("most")),
    ProtectiveMeasure,
)
_CONDITIONAL = Reads(
    select(t.measure)
    .where(_RUNNING, _M.ends_when.is_not(None), _M.began_at <= bindparam("now"))
    .order_by(_M.ends_at)
    .limit(bindparam("most")),
    ProtectiveMeasure,
)


def due(tx: Tx, now: datetime, *, limit: int) -> list[ProtectiveMeasure]:
    """Measures that were not lifted and whose time is over, or whose report is overdue."""
    return _DUE.all(tx, {"now": now, "most": limit})


def conditional(tx: Tx, now: datetime, *, limit: int) -> list[ProtectiveMeasure]:
    """Running measures that end by themselves when what they wait for is so."""
    return _CONDITIONAL.all(tx, {"now": now, "most": limit})


def not_lifted(tx: Tx, *, limit: int) -> list[ProtectiveMeasure]:
    """Measures that nobody lifted yet, those to come too, by their end."""
    query = select(t.measure).where(_RUNNING).order_by(_M.ends_at, _M.id)
    return found(tx, query.limit(limit), ProtectiveMeasure)


def of_incident(tx: Tx, incident_id: str) -> list[ProtectiveMeasure]:
    """The measures that were opened for an incident, those too that go on without it, the oldest
    first."""
    query = select(t.measure).where(_M.opened_for == incident_id)
    return found(tx, query.order_by(_M.began_at, _M.id), ProtectiveMeasure)


def unlifted_of(tx: Tx, site_id: str) -> list[ProtectiveMeasure]:
    """The site's measures that nobody lifted yet, those to come too, the oldest first."""
    query = select(t.measure).where(_M.site_id == site_id, _M.lifted_at.is_(None))
    return found(tx, query.order_by(_M.began_at, _M.id), ProtectiveMeasure)


def change(tx: Tx, measure_id: str, **values: Any) -> bool:
    """Write ``values`` to a measure that is not lifted; whether it was none."""
    query = update(t.measure).where(_M.id == measure_id, _M.lifted_at.is_(None))
    return tx.execute(query.values(**values)).rowcount == 1


def reported(tx: Tx, report: Report) -> None:
    """Somebody reported of a measure."""
    tx.execute(t.measure_report.insert(), columns(report))


def reports(tx: Tx, measure_ids: Collection[str]) -> dict[str, list[Report]]:
    """{measure: its reports, the oldest first} of those that have any."""
    c = t.measure_report.c
    query = select(t.measure_report).where(c.measure_id.in_(list(measure_ids)))
    said = found(tx, query.order_by(c.at, c.id), Report) if measure_ids else []
    return grouped(said, lambda one: one.measure_id)


def faults(tx: Tx, site_id: str) -> list[ProtectiveMeasure]:
    """The running measures that have a zone of the site out of service, the oldest first."""
    c = t.measure.c
    query = select(t.measure).where(c.site_id == site_id, c.zone != "", c.lifted_at.is_(None))
    return found(tx, query.order_by(c.began_at), ProtectiveMeasure)


def fault_of(tx: Tx, site_id: str, zone: str) -> ProtectiveMeasure | None:
    """The newest running measure that has this zone out of service."""
    return next((one for one in reversed(faults(tx, site_id)) if one.zone == zone), None)
