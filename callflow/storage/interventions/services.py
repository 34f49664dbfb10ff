"""Rows of the directory of services, and of what the law wants kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Table, bindparam, delete, select, update

from callflow.core.interventions.directory import Line, line_from_row
from callflow.core.interventions.law import Finding, Means, Verification, Weight
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.sites import own_days

Row = dict[str, Any]

# --- the directory ------------------------------------------------------------------------

_LINES = select(t.service_line).order_by(t.service_line.c.service, t.service_line.c.id)


def line_rows(tx: Tx) -> list[Row]:
    """The directory, by service and id, as stored: with its numbers."""
    return [dict(row._mapping) for row in tx.execute(_LINES)]


def lines(tx: Tx) -> list[Line]:
    """The directory as choosing needs it."""
    found = line_rows(tx)
    own = own_days.for_calendars(tx, [row["hours"] for row in found])
    return [line_from_row(row, own) for row in found]


_LINE = select(t.service_line).where(t.service_line.c.id == bindparam("id"))


def line(tx: Tx, line_id: str) -> Row | None:
    """One line's row."""
    row = tx.execute(_LINE, {"id": line_id}).first()
    return dict(row._mapping) if row else None


def put_lines(tx: Tx, rows: Sequence[Row]) -> None:
    """The directory is these lines, and no others, from now on."""
    tx.execute(delete(t.service_line))
    if rows:
        tx.execute(t.service_line.insert(), list(rows))


_RESERVED = Prepared(
    select(t.service_line.c.number).where(
        t.service_line.c.number.in_(bindparam("numbers", expanding=True))
    )
)


def reserved(tx: Tx, numbers: Iterable[str]) -> set[str]:
    """Which of ``numbers`` are a service's."""
    return {row["number"] for row in _RESERVED.all(tx, {"numbers": list(numbers)})}


# --- what was verified, called and said ---------------------------------------------------


def of_number(tx: Tx, number: str) -> Row | None:
    """Whose line ``number`` is, as ``service``, ``name`` and the ``incident_id`` that it was called
    for last (None: for none); None where it is no service's."""
    row = tx.execute(select(t.service_line).where(t.service_line.c.number == number)).first()
    if row is None:
        return None
    c = t.service_call.c
    asked = select(c.incident_id).where(c.number == number).order_by(c.requested_at.desc())
    last = tx.execute(asked.limit(1)).scalar()
    return {"service": row.service, "name": row.name, "incident_id": last}


def insert_verification(tx: Tx, row: Row) -> None:
    """A new verification."""
    tx.execute(t.verification.insert(), row)


def verification_rows(tx: Tx, incident_id: str) -> list[Row]:
    """An incident's verifications, oldest first."""
    return _of_incident(tx, t.verification, incident_id, t.verification.c.at)


def verifications(tx: Tx, incident_id: str) -> list[Verification]:
    """The same as the gate needs them."""
    return [
        Verification(
            means=Means(row["means"]),
            result=Finding(row["result"]),
            by=row["by"],
            at=row["at"],
            weight=Weight(row["weight"]),
        )
        for row in verification_rows(tx, incident_id)
    ]


def insert_call(tx: Tx, row: Row) -> None:
    """A person asks for a service's line."""
    tx.execute(t.service_call.insert(), row)


_CALL = select(t.service_call).where(t.service_call.c.id == bindparam("id"))


def call(tx: Tx, call_id: str) -> Row | None:
    """What was asked for under this id, which is its conference's."""
    row = tx.execute(_CALL, {"id": call_id}).first()
    return dict(row._mapping) if row else None


def call_rows(tx: Tx, incident_id: str) -> list[Row]:
    """What people asked for in an incident, oldest first."""
    return _of_incident(tx, t.service_call, incident_id, t.service_call.c.requested_at)


def dialled(tx: Tx, asked_id: str, call_id: str) -> bool:
    """The service is being called; False where it was already: one request, one call."""
    c = t.service_call.c
    query = update(t.service_call).where(c.id == asked_id, c.call_id.is_(None))
    return tx.execute(query.values(call_id=call_id)).rowcount == 1


def insert_report(tx: Tx, row: Row) -> None:
    """What was said to a service."""
    tx.execute(t.service_report.insert(), row)


def report_rows(tx: Tx, incident_id: str) -> list[Row]:
    """What was said to services in an incident, oldest first."""
    return _of_incident(tx, t.service_report, incident_id, t.service_report.c.at)


def _of_incident(tx: Tx, table: Table, incident_id: str, order: Column[Any]) -> list[Row]:
    return _in_order(table, order.name).all(tx, {"incident": incident_id})


@cache
def _in_order(table: Table, order: str) -> Prepared:
    query = select(table).where(table.c.incident_id == bindparam("incident"))
    return Prepared(query.order_by(table.c[order], table.c.id))
