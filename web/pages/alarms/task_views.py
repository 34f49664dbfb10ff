"""Steps' requests of people, as an alarm's page shows it: tasks, guards, measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callflow.core.alarms.incident import Incident
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import BY_OPERATOR, ENDS, PanelCommand, Step, StepKind
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Authority, Contact, Site
from callflow.core.time.instants import from_iso
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from callflow.storage.interventions import guards
from callflow.storage.sites import contacts

#: Steps that end by what an operator says of them; a service's ends by its report.
_SAID = BY_OPERATOR - {StepKind.EMERGENCY_SERVICE}
_PROGRESS = ("accepted_at", "expected_at", "on_site_at", "left_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class GuardView:
    """Which firm was asked for a guard, and how far the guard is."""

    name: str
    phone: str | None
    licence: str
    tariff: str
    keys_held: bool
    accepted_at: datetime | None = None
    expected_at: datetime | None = None
    on_site_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskView:
    """A task with the step that asks for it, and how an operator can end it."""

    task: Task
    step: Step
    outcomes: tuple[TaskOutcome, ...]
    guard: GuardView | None  # of a step that sends one

    @property
    def of_panel(self) -> bool:
        """Say whether a panel is told something."""
        return self.step.kind is StepKind.ACT_ON_PANEL

    @property
    def two(self) -> bool:
        """Say whether another person must agree."""
        return self.of_panel and self.step.command is PanelCommand.DISARM


def tasks_of(tx: Tx, incident: Incident, found: Sequence[Task]) -> list[TaskView]:
    """The tasks that were ``found`` of an incident, in their order, each with what ends it."""
    if not found:
        return []
    plan = call_plan.from_json(incident.plan)
    keys = _keys_held(tx, incident.site_id)
    return [_shown(tx, task, call_plan.step_asked(plan, task.step), keys) for task in found]


def _keys_held(tx: Tx, site_id: str | None) -> frozenset[str]:
    """The keeper of the site's keys."""
    held = contacts.called(tx, site_id) if site_id else []
    return frozenset(row.id for row in held if row.keys_held)


def _shown(tx: Tx, task: Task, step: Step, keys: frozenset[str]) -> TaskView:
    return TaskView(
        task=task,
        step=step,
        outcomes=outcomes_of(step),
        guard=_guard(tx, task, keys) if step.kind is StepKind.SEND_GUARD else None,
    )


def outcomes_of(step: Step) -> tuple[TaskOutcome, ...]:
    """How an operator can end a task of this step; the machine's and a guard's end otherwise."""
    if step.kind not in _SAID:
        return ()
    ends = ENDS[step.kind] - {TaskOutcome.OVERDUE.value}
    return tuple(outcome for outcome in TaskOutcome if outcome.value in ends)


def _guard(tx: Tx, task: Task, keys: frozenset[str]) -> GuardView:
    contact = contacts.get(tx, task.subject)
    firm = guards.firm(tx, task.subject)
    return GuardView(
        name=contact.name if contact else task.subject,
        phone=contact.phone if contact else None,
        licence=firm.licence if firm else "",
        tariff=firm.tariff if firm else "",
        keys_held=task.subject in keys,
        **{name: from_iso(at) for name, at in task.data.items() if name in _PROGRESS},
    )


def checklist(tx: Tx, incident: Incident, task_id: str) -> Sequence[str]:
    """The lines that a task of this incident's plan must have ticked off; none of another's."""
    task = tasks.get(tx, task_id)
    if task is None or task.incident_id != incident.id:
        return ()
    plan = call_plan.from_json(incident.plan)
    return call_plan.step_asked(plan, task.step).checklist


def may_send_guards(site: Site | None, kind: Kind) -> list[Contact]:
    """The contacts who may recall a guard, or keep one (D22)."""
    people = site.contacts if site else ()
    return [contact for contact in people if contact.may(Authority.SEND_GUARD, kind)]
