"""What the job engine needs in the caller's transaction (PostgreSQL, Procrastinate).

A job is a hint that an incident falls due; the incident's row is the truth. So there is at most one
that waits for an incident, and it is moved when the time moves.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from callflow.storage.store import Tx, at_end

#: The queue and the task of the jobs; its argument is the incident's id.
QUEUE = TASK = "decide"

#: As Procrastinate's own function, but for the conflict: that would end the transaction.
_DEFER = text(
    """INSERT INTO procrastinate_jobs
    (queue_name, task_name, queueing_lock, args, scheduled_at, priority)
    VALUES (:queue, :task, :incident, jsonb_build_object('incident', CAST(:incident AS text)), :at,
    :priority)
    ON CONFLICT (queueing_lock) WHERE status = 'todo'
    DO UPDATE SET scheduled_at = excluded.scheduled_at, priority = excluded.priority"""
).bindparams(queue=QUEUE, task=TASK)


def defer(tx: Tx, incident: str, at: datetime) -> None:
    """The incident is decided at ``at``, if this commits."""
    at_end(tx, _defer).append((incident, at))


def _defer(tx: Tx, told: list[tuple[str, datetime]]) -> None:
    """All of one function of the store at its end, each incident once, in one order for all."""
    last = dict(told)
    tx.execute(
        _DEFER,
        [
            {"incident": incident, "at": last[incident], "priority": _priority(last[incident])}
            for incident in sorted(last)
        ],
    )


#: Jobs' priorities count from here.
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def _priority(at: datetime) -> int:
    """What is due first is found first: a worker looks for jobs in this order, and would read all
    that wait in vain before one that is due."""
    return -int((at - _BEGINNING).total_seconds())
