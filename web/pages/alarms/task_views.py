"""What a plan's steps ask of people, as an alarm's page shows it: tasks, guards, measures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.plans import call_plan
from callflow.core.plans.call_plan import BY_OPERATOR, ENDS, PanelCommand, Step, StepKind
from callflow.core.plans.task import TaskOutcome, TaskState
from callflow.core.signals.signal import Kind
from callflow.core.sites.site import Authority, Site
from callflow.core.time.instants import from_iso
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from callflow.storage.interventions import guards, measures
from callflow.storage.sites import contacts

Row = dict[str, Any]

#: Steps that end by what an operator says of them; a service's ends by its report.
_SAID = BY_OPERATOR - {StepKind.EMERGENCY_SERVICE}
_PROGRESS = ("accepted_at", "expected_at", "on_site_at", "left_at")


def tasks_of(tx: Tx, row: Incident, found: Sequence[Row]) -> list[Row]:
    """The tasks that were ``found`` of an incident, in their order, each with what ends it."""
    if not found:
        return []
    plan = call_plan.from_json(row.plan)
    keys = _keys_held(tx, row.site_id)
    return [_task(tx, task, call_plan.step_asked(plan, task["step"]), keys) for task in found]


def _keys_held(tx: Tx, site_id: str | None) -> frozenset[str]:
    """Who has the site's keys."""
    held = contacts.rows_of(tx, site_id) if site_id else []
    return frozenset(row["id"] for row in held if row["keys_held"])


def _task(tx: Tx, task: Row, step: Step, keys: frozenset[str]) -> Row:
    names = ("id", "step", "kind", "state", "outcome", "text", "due_at", "ended_at", "ended_by")
    panel = step.kind is StepKind.ACT_ON_PANEL
    return {
        **{name: task[name] for name in names},
        "open": task["state"] == TaskState.OPEN.value,
        "checklist": step.checklist,
        "outcomes": outcomes_of(step),
        "command": step.command.value if panel else "",
        "zones": step.zones if panel else (),
        "two": panel and step.command is PanelCommand.DISARM,
        "guard": _guard(tx, task, keys) if step.kind is StepKind.SEND_GUARD else None,
    }


def outcomes_of(step: Step) -> tuple[TaskOutcome, ...]:
    """How an operator can end a task of this step; the machine's and a guard's end otherwise."""
    if step.kind not in _SAID:
        return ()
    ends = ENDS[step.kind] - {TaskOutcome.OVERDUE.value}
    return tuple(outcome for outcome in TaskOutcome if outcome.value in ends)


def _guard(tx: Tx, task: Row, keys: frozenset[str]) -> Row:
    """Which firm was asked, and how far its guard is."""
    contact = contacts.get(tx, task["subject"])
    firm = guards.firm(tx, task["subject"])
    told: Row = task["data"]
    way = {name: from_iso(at) for name, at in told.items() if name in _PROGRESS}
    return {
        "name": contact["name"] if contact else task["subject"],
        "phone": contact["phone"] if contact else None,
        "licence": firm["licence"] if firm else "",
        "tariff": firm["tariff"] if firm else "",
        "keys_held": task["subject"] in keys,
        **dict.fromkeys(_PROGRESS),
        **way,
    }


def checklist(tx: Tx, incident: Incident, task_id: str) -> Sequence[str]:
    """The lines that a task of this incident's plan must have ticked off; none of another's."""
    task = tasks.get(tx, task_id)
    if task is None or task["incident_id"] != incident.id:
        return ()
    plan = call_plan.from_json(incident.plan)
    return call_plan.step_asked(plan, task["step"]).checklist


def running_measures(tx: Tx, site_id: str | None, now: datetime) -> list[Row]:
    """The measures that protect a site now, oldest first."""
    found = measures.of_site(tx, site_id) if site_id else []
    return [row for row in found if row["lifted_at"] is None and row["ends_at"] > now]


def may_send_guards(site: Site | None, kind: Kind) -> list[Row]:
    """The contacts who may recall a guard, or keep one (D22)."""
    people = site.contacts if site else ()
    return [{"id": c.id, "name": c.name} for c in people if c.may(Authority.SEND_GUARD, kind)]
