"""A task's life: asked for by a step, done or overdue; each told and decided upon at once."""

from datetime import datetime

from callflow.core.plans.task import TaskOutcome
from callflow.core.records.logbook import MACHINE
from callflow.handling.alarms import asking
from callflow.handling.alarms.deciding import decide
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks


def end_task(
    tx: Tx,
    task_id: str,
    outcome: TaskOutcome,
    now: datetime,
    *,
    who: str = MACHINE,
    text: str = "",
) -> bool:
    """The task has its outcome: told, and the plan goes on. False where it was not open.

    ``text`` is what whoever did it says of it.
    """
    task = tasks.get(tx, task_id)
    if task is None:
        return False
    incident = incidents.get(tx, task.incident_id, lock=True)
    assert incident is not None, "a task belongs to an incident"
    if not asking.end(tx, incident, task, outcome, now, who=who, note=text):
        return False
    decide(tx, incident.id, now)
    return True
