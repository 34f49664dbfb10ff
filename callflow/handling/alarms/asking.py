"""A step's requests other than calls: a task's row, and what goes out for it at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from callflow import ids
from callflow.core.alarms.escalation import OpenTask
from callflow.core.alarms.incident import Incident
from callflow.core.messages.outbox import CARRY, Channel
from callflow.core.plans.call_plan import Step, StepKind, WithReport
from callflow.core.plans.measure import UNITS, Terms
from callflow.core.plans.task import Task, TaskOutcome, TaskState
from callflow.core.records.logbook import MACHINE
from callflow.handling.base.fields import BadField
from callflow.handling.base.refusals import Refused
from callflow.handling.base.telling import tell
from callflow.handling.interventions.measures import open_measure
from callflow.handling.messages import images, outbox
from callflow.handling.sites.on_test import set_on_test
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from callflow.storage.interventions import firms

#: The role in which the machine sets a site on test: an operator's limit.
_ROLE = "operator"


def open_task(tx: Tx, incident: Incident, action: OpenTask, now: datetime, at: datetime) -> bool:
    """Ask for it, written down as of ``at``; whether it has its outcome already."""
    step = action.step
    if step.kind is StepKind.NOTIFY and not step.confirm:
        _post(tx, incident, step, now, None)
        return False
    task_id = ids.new(now)
    task = Task(
        id=task_id,
        incident_id=incident.id,
        step=step.id,
        kind=step.kind.value,
        state=TaskState.OPEN,
        requested_at=at,
        subject=action.subject,
        text=step.text,
        due_at=action.due_at,
    )
    tasks.insert(tx, task)
    told = {"step": step.id, "task": step.kind.value, "note": step.text}
    tell(tx, "task_asked", now, incident, **told, **name_of(incident, step.id))
    begin = _BEGIN.get(step.kind)
    if incident.exercise and step.kind in _CHANGES_SITE:
        outcome: TaskOutcome | None = TaskOutcome.DONE
    else:
        outcome = begin(tx, incident, step, now, task_id) if begin else None
    return outcome is not None and end(tx, incident, task, outcome, now)


def give_up(tx: Tx, incident: Incident, task_id: str, outcome: TaskOutcome, now: datetime) -> None:
    """Nobody waits for a task any more: it ends with ``outcome``."""
    task = tasks.get(tx, task_id)
    if task is not None:
        end(tx, incident, task, outcome, now)


def end(
    tx: Tx,
    incident: Incident,
    task: Task,
    outcome: TaskOutcome,
    now: datetime,
    *,
    who: str = MACHINE,
    note: str = "",
) -> bool:
    """The task of the incident ``incident`` has its outcome, and it is told; False: it had one."""
    if not tasks.end(tx, task.id, outcome, who=who, now=now):
        return False
    told = {"step": task.step, "task": task.kind, "outcome": outcome.value, "note": note}
    tell(tx, "task_ended", now, incident, who_did=who, **told, **name_of(incident, task.step))
    return True


def name_of(incident: Incident, step_id: str) -> dict[str, str]:
    """What people call a step of the incident's plan, for an entry; {}: it has no name."""
    steps = incident.plan.get("steps", ())
    named = next((step.get("name", "") for step in steps if step["id"] == step_id), "")
    return {"step_name": said} if (said := " ".join(named.split())) else {}


def _post(
    tx: Tx, incident: Incident, step: Step, now: datetime, task: str | None
) -> TaskOutcome | None:
    channel = Channel(step.channel.value)
    carries = channel in CARRY and step.report is not WithReport.NONE
    report = step.report.value if carries else ""
    of: dict[str, Any] = dict(task=task, report=report)
    to = step.to or (outbox.letter_address(tx, incident) if channel is Channel.POST else "")
    sent = outbox.post(tx, incident, channel, to, step.subject, step.text, now, **of)
    return TaskOutcome.FAILED if sent is None else None


def _fetch(tx: Tx, incident: Incident, step: Step, now: datetime, task: str) -> TaskOutcome | None:
    return None if images.fetch_images(tx, incident, now, task=task) else TaskOutcome.FAILED


def _protect(tx: Tx, incident: Incident, step: Step, now: datetime, task: str) -> TaskOutcome:
    lasts = timedelta(minutes=step.minutes)
    terms = Terms(firm_id=_firm(tx, incident, step), report_every=step.report_every)
    open_measure(tx, incident, step.measure, step.text, lasts, now, terms=terms)
    return TaskOutcome.DONE


def _firm(tx: Tx, incident: Incident, step: Step) -> str | None:
    """Whose guards do it, where guards do; None: the site names no firm of guards."""
    if step.measure not in UNITS or incident.site_id is None:
        return None
    return next(iter(firms.guards_at(tx, incident.site_id)), None)


def _test(tx: Tx, incident: Incident, step: Step, now: datetime, task: str) -> TaskOutcome:
    assert incident.site_id is not None, "only a site's plan sets on test"
    try:
        set_on_test(
            tx,
            incident.site_id,
            zones=step.zones or None,
            lasts=timedelta(minutes=step.minutes),
            reason=step.text or f"consigne, étape {step.id}",
            who=MACHINE,
            role=_ROLE,
            contact=None,
            now=now,
        )
    except (Refused, BadField) as error:
        tell(tx, "test_refused", now, incident, note=str(error))
        return TaskOutcome.FAILED
    return TaskOutcome.DONE


#: Steps that a rehearsal leaves out: the site stays watched.
_CHANGES_SITE = frozenset({StepKind.SET_ON_TEST, StepKind.PROTECTIVE_MEASURE})
#: Requests that go out at once; whoever does it answers with an outcome, or None: it will come.
_BEGIN: dict[StepKind, Callable[[Tx, Incident, Step, datetime, str], TaskOutcome | None]] = {
    StepKind.NOTIFY: _post,
    StepKind.FETCH_IMAGES: _fetch,
    StepKind.PROTECTIVE_MEASURE: _protect,
    StepKind.SET_ON_TEST: _test,
}
