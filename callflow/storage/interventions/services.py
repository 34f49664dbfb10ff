"""Rows of the directory of services, and of what the law wants kept."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Select, Table, bindparam, delete, select, update

from callflow.core.interventions.directory import ServiceCall, ServiceLine, ServiceReport
from callflow.core.interventions.law import Service, Verification
from callflow.core.time.availability import Availability
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns
from callflow.storage.sites import own_days

# --- the directory ------------------------------------------------------------------------

_LINES = select(t.service_line).order_by(t.service_line.c.service, t.service_line.c.id)


def lines(tx: Tx) -> list[ServiceLine]:
    """The directory, by service and id, its hours with what the station says of days. Raises
    hours.CalendarError on hours that were never checked."""
    return _lines(tx, _LINES)


def _lines(tx: Tx, query: Select[Any]) -> list[ServiceLine]:
    rows = [dict(row._mapping) for row in tx.execute(query)]
    own = own_days.for_calendars(tx, [row["hours"] for row in rows])
    return [
        ServiceLine(
            **{
                **row,
                "service": Service(row["service"]),
                "hours": Availability.from_json(row["hours"], "hours", own),
            }
        )
        for row in rows
    ]


def line(tx: Tx, line_id: str) -> ServiceLine | None:
    """One line."""
    return next(iter(_lines(tx, _LINES.where(t.service_line.c.id == line_id))), None)


def put_lines(tx: Tx, lines: Sequence[ServiceLine]) -> None:
    """The directory is these lines, and no others, from now on."""
    tx.execute(delete(t.service_line))
    rows = [{**columns(line), "hours": line.hours.to_json()} for line in lines]
    if rows:
        tx.execute(t.service_line.insert(), rows)


_RESERVED = Prepared(
    select(t.service_line.c.number).where(
        t.service_line.c.number.in_(bindparam("numbers", expanding=True))
    )
)


def reserved(tx: Tx, numbers: Iterable[str]) -> set[str]:
    """Which of ``numbers`` are a service's."""
    return {row["number"] for row in _RESERVED.all(tx, {"numbers": list(numbers)})}


_FAXES = Prepared(
    select(t.service_line.c.fax).where(
        t.service_line.c.fax.in_(bindparam("numbers", expanding=True))
    )
)


def faxes(tx: Tx, numbers: Iterable[str]) -> set[str]:
    """Which of ``numbers`` are a service's fax machine."""
    return {row["fax"] for row in _FAXES.all(tx, {"numbers": list(numbers)})}


def with_fax(tx: Tx) -> list[tuple[str, str]]:
    """(name, fax) of the services that have one."""
    c = t.service_line.c
    query = select(c.name, c.fax).where(c.fax.is_not(None)).order_by(c.service, c.id)
    return [(row.name, row.fax) for row in tx.execute(query)]


def names_of_faxes(tx: Tx, numbers: Iterable[str]) -> list[str]:
    """The services whose fax ``numbers`` are."""
    c = t.service_line.c
    query = select(c.name).where(c.fax.in_(list(numbers))).distinct().order_by(c.name).limit(3)
    return list(tx.execute(query).scalars())


# --- what was verified, called and said ---------------------------------------------------


def name_of(tx: Tx, number: str) -> str | None:
    """Whose line ``number`` is; None where it is no service's."""
    query = select(t.service_line.c.name).where(t.service_line.c.number == number)
    return tx.execute(query).scalar()


def last_called(tx: Tx, number: str) -> str | None:
    """The incident that ``number`` was called for last, as a service's; None: for none."""
    c = t.service_call.c
    asked = select(c.incident_id).where(c.number == number).order_by(c.requested_at.desc())
    return tx.execute(asked.limit(1)).scalar()


def insert_verification(tx: Tx, made: Verification) -> None:
    """A new verification."""
    tx.execute(t.verification.insert(), columns(made))


def _in_order(table: Table, order: Column[Any]) -> Select[Any]:
    of = table.c.incident_id == bindparam("incident")
    return select(table).where(of).order_by(order, table.c.id)


_VERIFICATIONS = Reads(_in_order(t.verification, t.verification.c.at), Verification)


def verifications(tx: Tx, incident_id: str) -> list[Verification]:
    """An incident's verifications, oldest first."""
    return _VERIFICATIONS.all(tx, {"incident": incident_id})


def insert_call(tx: Tx, asked: ServiceCall) -> None:
    """A person asks for a service's line."""
    tx.execute(t.service_call.insert(), columns(asked))


_CALL = Reads(select(t.service_call).where(t.service_call.c.id == bindparam("id")), ServiceCall)


def call(tx: Tx, call_id: str) -> ServiceCall | None:
    """The call that was asked for under this id, which is its conference's."""
    return _CALL.first(tx, {"id": call_id})


_CALLS = Reads(_in_order(t.service_call, t.service_call.c.requested_at), ServiceCall)


def calls_of(tx: Tx, incident_id: str) -> list[ServiceCall]:
    """What people asked for in an incident, oldest first."""
    return _CALLS.all(tx, {"incident": incident_id})


def dialled(tx: Tx, asked_id: str, call_id: str) -> bool:
    """The service is being called; False where it was already: one request, one call."""
    c = t.service_call.c
    query = update(t.service_call).where(c.id == asked_id, c.call_id.is_(None))
    return tx.execute(query.values(call_id=call_id)).rowcount == 1


def insert_report(tx: Tx, report: ServiceReport) -> None:
    """What was said to a service."""
    tx.execute(t.service_report.insert(), columns(report))


_REPORTS = Reads(_in_order(t.service_report, t.service_report.c.at), ServiceReport)


def reports_of(tx: Tx, incident_id: str) -> list[ServiceReport]:
    """What was said to services in an incident, oldest first."""
    return _REPORTS.all(tx, {"incident": incident_id})
