"""Rows of tasks: what a plan's steps wait for, other than calls."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from callflow.core.alarms.incident import Machine
from callflow.core.plans.task import Task, TaskOutcome, TaskState
from callflow.storage import schema as t
from callflow.storage.alarms import incidents
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import Reads, columns, columns_of, found

_INSERT = t.task.insert()


def insert(tx: Tx, task: Task) -> None:
    """A new task."""
    incidents.note_asked(tx, task.incident_id)
    tx.execute(_INSERT, columns(task))


FIELDS = columns_of(t.task, Task)
_GET = Reads(select(*FIELDS).where(t.task.c.id == bindparam("id")), Task)


def get(tx: Tx, task_id: str) -> Task | None:
    """One task."""
    return _GET.first(tx, {"id": task_id})


_OF_INCIDENT = Reads(
    select(*FIELDS)
    .where(t.task.c.incident_id == bindparam("incident"))
    .order_by(t.task.c.requested_at, t.task.c.id),
    Task,
)


def of_incident(tx: Tx, incident_id: str) -> list[Task]:
    """An incident's tasks in the order they were asked for."""
    if incidents.is_bare(tx, incident_id):
        return []
    return _OF_INCIDENT.all(tx, {"incident": incident_id})


def change(tx: Tx, task_id: str, **values: Any) -> bool:
    """Write ``values`` to a task that is open; whether it was."""
    query = update(t.task).where(t.task.c.id == task_id, t.task.c.state == TaskState.OPEN.value)
    return tx.execute(query.values(**values)).rowcount == 1


def note(tx: Tx, task_id: str, data: Mapping[str, Any]) -> None:
    """What is known of a task's progress, whether it is open or over."""
    tx.execute(update(t.task).where(t.task.c.id == task_id).values(data=data))


def end(tx: Tx, task_id: str, outcome: TaskOutcome, *, who: str, now: datetime) -> bool:
    """Give an open task its outcome; whether it was open."""
    return change(
        tx,
        task_id,
        state=TaskState.ENDED.value,
        outcome=outcome.value,
        ended_at=now,
        ended_by=who,
    )


_CANCEL = (
    update(t.task)
    .where(t.task.c.incident_id == bindparam("b_incident"), t.task.c.state == TaskState.OPEN.value)
    .values(state=TaskState.CANCELLED.value, ended_at=bindparam("at"))
    .returning(*FIELDS)
)
_CANCEL_OTHERS = Reads(_CANCEL.where(t.task.c.id.not_in(bindparam("keep", expanding=True))), Task)


def cancel_others(tx: Tx, incident_id: str, now: datetime, *, keep: Sequence[str]) -> None:
    """Withdraw the open tasks of an incident but those of ``keep``."""
    _CANCEL_OTHERS.all(tx, {"b_incident": incident_id, "at": now, "keep": list(keep)})


def reopen(tx: Tx, incident_id: str, at: datetime) -> None:
    """The tasks that were withdrawn ``at`` are open again: what withdrew them is undone."""
    c = t.task.c
    withdrawn = (c.incident_id == incident_id, c.state == TaskState.CANCELLED.value)
    query = update(t.task).where(*withdrawn, c.ended_at == at)
    tx.execute(query.values(state=TaskState.OPEN.value, ended_at=None))


def put_forward(tx: Tx, seconds: float) -> None:
    """Open tasks are due so many seconds earlier: the clock they were written by was set back."""
    c = t.task.c
    query = select(c.id, c.due_at).where(c.state == TaskState.OPEN.value, c.due_at.is_not(None))
    for row in tx.execute(query).all():
        change(tx, row.id, due_at=row.due_at - timedelta(seconds=seconds))


_OVERDUE = Reads(
    select(*FIELDS)
    .join(t.incident, t.incident.c.id == t.task.c.incident_id)
    .where(
        t.task.c.state == TaskState.OPEN.value,
        t.task.c.due_at <= bindparam("now"),
        t.incident.c.machine != Machine.RUNNING.value,
    )
    .order_by(t.task.c.due_at, t.task.c.id)
    .limit(100),
    Task,
)


def overdue_by_hand(tx: Tx, now: datetime) -> list[Task]:
    """Open tasks whose time is over, of incidents whose plan does not run by itself."""
    return _OVERDUE.all(tx, {"now": now})


def of_incidents(tx: Tx, incident_ids: Sequence[str]) -> dict[str, list[Task]]:
    """{incident id: its tasks}, for lists."""
    of: dict[str, list[Task]] = {i: [] for i in incident_ids}
    c = t.task.c
    query = select(*FIELDS).where(c.incident_id.in_(list(incident_ids)))
    for task in found(tx, query.order_by(c.requested_at, c.id), Task):
        of[task.incident_id].append(task)
    return of
