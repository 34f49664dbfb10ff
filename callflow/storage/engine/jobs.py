"""What the job engine needs in the caller's transaction (PostgreSQL, Procrastinate).

A job is a hint that an incident falls due; the incident's row is the truth. So there is at most one
that waits for an incident, and it is moved when the time moves.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    bindparam,
    cast,
    column,
    extract,
    func,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql

from callflow import clock
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx, at_end
from callflow.storage.schema import UtcDateTime

#: The queue and the task of the jobs; its argument is the incident's id.
QUEUE = TASK = "decide"

#: What is due later has no job yet: a worker that looks for one reads all that wait.
AHEAD = timedelta(seconds=60)
_JOBS = table(
    "procrastinate_jobs",
    *map(column, ("queue_name", "task_name", "queueing_lock", "args", "scheduled_at", "priority")),
)
#: Seconds of 1970; what is due first has the highest priority, so that a worker meets it first.
_BEGINNING = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def _job(incident: ColumnElement[str], at: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """The job's columns, in their order."""
    args = func.jsonb_build_object("incident", cast(incident, Text))
    priority = _BEGINNING - cast(extract("epoch", at), Integer)
    return [literal(QUEUE), literal(TASK), incident, args, at, priority]


# As Procrastinate's own function, but for the conflict: that would end the transaction.
_WAITING: dict[str, Any] = {
    "index_elements": ["queueing_lock"],
    "index_where": text("status='todo'"),
}
_ONE = postgresql.insert(_JOBS).from_select(
    list(_JOBS.c),
    select(*_job(bindparam("incident", type_=Text), bindparam("at", type_=UtcDateTime))),
)
_DEFER = _ONE.on_conflict_do_update(
    **_WAITING, set_={name: _ONE.excluded[name] for name in ("scheduled_at", "priority")}
)
_DEFER_AHEAD = (
    postgresql.insert(_JOBS)
    .from_select(
        list(_JOBS.c),
        select(*_job(t.incident.c.id, t.incident.c.due_at)).where(
            t.incident.c.due_at > bindparam("since"), t.incident.c.due_at <= bindparam("until")
        ),
    )
    .on_conflict_do_nothing(**_WAITING)
)


def defer(tx: Tx, incident: str, at: datetime) -> None:
    """The incident is decided at ``at``, if this commits."""
    if at - clock.now() <= AHEAD:
        at_end(tx, _defer).append((incident, at))


def _defer(tx: Tx, told: list[tuple[str, datetime]]) -> None:
    """All of one transaction at its end, each incident once, in one order for all."""
    last = dict(told)
    tx.execute(_DEFER, [{"incident": incident, "at": last[incident]} for incident in sorted(last)])


def defer_ahead(tx: Tx, now: datetime) -> None:
    """Jobs for what comes near, to be called more often than ``AHEAD`` is long."""
    tx.execute(_DEFER_AHEAD, {"since": now, "until": now + AHEAD})
