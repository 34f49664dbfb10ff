"""An operator's part of a step of the plan: done, with its check list; or overdue."""

from collections.abc import Collection
from datetime import datetime

from callflow.core.alarms.incident import Incident, State
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import ENDS, PanelCommand, Step, StepKind
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.signals.signal import Kind
from callflow.handling.alarms import asking
from callflow.handling.alarms.acting import hand_to_human
from callflow.handling.alarms.operating import acted, known, not_anothers
from callflow.handling.alarms.tasks import end_task
from callflow.handling.base.refusals import NotFound, Refused
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.signals import signals

#: A panel's message once it has done what it was told; the rest it confirms by nothing.
_CONFIRMS = {
    PanelCommand.ARM: Kind.CLOSING,
    PanelCommand.DISARM: Kind.OPENING,
    PanelCommand.BYPASS: Kind.BYPASS,
}


def complete_task(
    tx: Tx,
    incident_id: str,
    task_id: str,
    who: str,
    outcome: TaskOutcome,
    now: datetime,
    *,
    text: str = "",
    ticked: Collection[str] = (),
    second: str = "",
) -> Incident:
    """An operator has done what a step asked; the incident's row. Raises Held, NotFound, Refused.

    ``ticked`` are the lines of the step's check list that are done, ``second`` the other person
    who agrees that a panel is disarmed (D25).
    """
    incident, task = open_task_of(tx, incident_id, task_id, who)
    step = step_of(incident, task)
    if step.kind is StepKind.EMERGENCY_SERVICE:
        raise Refused("write down what the service said: its report ends this step")
    if step.kind is StepKind.SEND_GUARD:
        raise Refused("write down the guard's report: it ends this step")
    if outcome is TaskOutcome.OVERDUE or outcome.value not in ENDS[step.kind]:
        raise Refused("this step does not end with", outcome.value)
    missing = [line for line in step.checklist if line not in ticked]
    if missing:
        raise Refused("not ticked off yet", "; ".join(missing))
    if step.kind is StepKind.ACT_ON_PANEL and outcome is TaskOutcome.CONFIRMED:
        _panel_agrees(tx, incident, task, step, who, second)
    told = f"{text} ({second})".strip() if second else text
    end_task(tx, task_id, outcome, now, who=who, text=told)
    return acted(tx, known(tx, incident_id), who, now)


def open_task_of(tx: Tx, incident_id: str, task_id: str, who: str) -> tuple[Incident, Task]:
    """The incident and its open task, for an act of ``who``. Raises Held, NotFound, Refused."""
    incident, task = task_of(tx, incident_id, task_id, who)
    if not task.open:
        raise Refused("this is over already: look again")
    return incident, task


def task_of(tx: Tx, incident_id: str, task_id: str, who: str) -> tuple[Incident, Task]:
    """The incident and its task, over or not, for an act of ``who``. Raises Held, NotFound."""
    incident = known(tx, incident_id)
    not_anothers(incident, who)
    task = tasks.get(tx, task_id)
    if task is None or task.incident_id != incident_id:
        raise NotFound("there is no such task of this incident", task_id)
    return incident, task


def step_of(incident: Incident, task: Task) -> Step:
    """The step that a task belongs to: of the incident's own plan, or a person's."""
    plan = call_plan.from_json(incident.plan)
    return call_plan.step_asked(plan, task.step)


def _panel_agrees(
    tx: Tx, incident: Incident, task: Task, step: Step, who: str, second: str
) -> None:
    """Disarming takes two people, and the panel's own message is awaited (D25)."""
    if step.command is PanelCommand.DISARM and second.strip() in ("", who):
        raise Refused("disarming takes two people: name the other one")
    wanted = _CONFIRMS.get(step.command)
    if wanted is None:
        return
    if not signals.came_since(tx, incident.account, wanted, task.requested_at):
        raise Refused("the panel has not confirmed it: wait for its message, or say that it failed")


def overdue_tasks(tx: Tx, now: datetime) -> None:
    """Tell loudly of tasks that a person should have done by now, while the machine stands still.

    Where the plan runs by itself its own decision looks at it.
    """
    for task in tasks.overdue_by_hand(tx, now):
        incident = incidents.get(tx, task.incident_id, lock=True)
        assert incident is not None, "a task belongs to an incident"
        ended = asking.end(tx, incident, task, TaskOutcome.OVERDUE, now)
        if ended and incident.state is State.OPEN:
            incident = hand_to_human(tx, incident, "task_overdue", now)
            if incident.holder is None:
                incidents.change(tx, incident, queue_due=now)
