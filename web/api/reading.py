"""Rows as the API shows them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, CallState, Recording
from callflow.core.calls.phones import is_phone, owner_of
from callflow.core.interventions import directory
from callflow.core.plans.task import Task
from callflow.core.records.logbook import Entry
from callflow.core.signals.signal import StoredSignal
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from callflow.storage.calls import calls
from callflow.storage.messages import outbox
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from callflow.texts import at_desk


def call(made: Call, recordings: Collection[str]) -> dict[str, Any]:
    """A call; its recording has its id, or that of the call in which it was told (D10)."""
    names = (
        "id",
        "direction",
        "step",
        "to",
        "attempt",
        "trunk",
        "node",
        "state",
        "placed_at",
        "answered_at",
        "ended_at",
        "outcome",
    )
    shown = {name: getattr(made, name) for name in names}
    shown["to"] = directory.shown(made.step, made.to)
    if is_phone(made.to):
        shown["to"] = at_desk(owner_of(made), "en")
    kept = made.recorded_as
    return {
        **shown,
        "contact": made.contact_id,
        "recording": kept if kept in recordings else None,
    }


def recording(of: Recording) -> dict[str, Any]:
    """A recording."""
    return {"id": of.call_id, "duration": of.duration, "sha256": of.sha256, "problem": of.problem}


def task(task: Task, plan: Mapping[str, Any]) -> dict[str, Any]:
    """What a step of the incident's plan asked for."""
    names = ("id", "step", "kind", "state", "outcome", "subject", "text", "data")
    times = ("requested_at", "due_at", "ended_at", "ended_by")
    step: dict[str, Any] = next((step for step in plan["steps"] if step["id"] == task.step), {})
    shown = {name: getattr(task, name) for name in (*names, *times)}
    return {**shown, "checklist": step.get("checklist", [])}


def incidents(tx: Tx, shown: Sequence[Incident]) -> list[dict[str, Any]]:
    """Incidents with everything that belongs to them, in a few queries however many there are."""
    ids = [one.id for one in shown]
    of_signals = signals.of_incidents(tx, ids)
    of_calls = {
        incident: [c for c in made if c.state is not CallState.CANCELLED]
        for incident, made in calls.of_incidents(tx, ids).items()
    }  # what was withdrawn before anybody acted never was a call: the logbook tells of it
    of_logbook = logbook.of_incidents(tx, ids)
    made = [call for found in of_calls.values() for call in found]
    recordings = calls.recordings(tx, [call.recorded_as for call in made])
    images = outbox.images_of(tx, ids)
    asked = tasks.of_incidents(tx, ids)
    return [
        {
            **_incident(one, of_signals[one.id], of_calls[one.id], of_logbook[one.id], recordings),
            "images": images[one.id],
            "tasks": [task(each, one.plan) for each in asked[one.id]],
        }
        for one in shown
    ]


#: What is told of an incident as it is.
_TOLD = (
    "id",
    "account",
    "kind",
    "category",
    "priority",
    "zones",
    "confirmed",
    "signal_count",
    "exercise",
    "shadow",
    "state",
    "with_human",
    "machine",
    "holder",
    "opened_at",
    "closed_at",
    "resolution_code",
)


def _incident(
    one: Incident,
    its_signals: Sequence[StoredSignal],
    its_calls: Sequence[Call],
    entries: Sequence[Entry],
    recordings: dict[str, Recording],
) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in _TOLD},
        "site": one.site_id,
        "storm": one.storm_id,
        "plan": {**one.plan, "step": one.step},
        "signals": its_signals,
        "calls": [call(c, recordings) for c in its_calls],
        "logbook": entries,
        "recordings": [
            recording(recordings[kept])
            for kept in dict.fromkeys(c.recorded_as for c in its_calls)
            if kept in recordings
        ],
    }
