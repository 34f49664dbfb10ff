"""Rows as the API shows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from callflow.core.calls.call import Call, CallState, Recording
from callflow.core.calls.phones import is_phone, owner_of
from callflow.core.interventions import directory
from callflow.core.signals.signal import StoredSignal
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from callflow.storage.calls import calls
from callflow.storage.messages import outbox
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from callflow.texts import at_desk

Row = dict[str, Any]


def call(made: Call, recordings: Collection[str]) -> Row:
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


def entry(row: Row) -> Row:
    """A logbook entry."""
    names = ("id", "at", "site", "incident", "who", "kind", "text")
    return {name: row[name] for name in names}


def recording(of: Recording) -> Row:
    """A recording."""
    return {"id": of.call_id, "duration": of.duration, "sha256": of.sha256, "problem": of.problem}


def image(row: Row) -> Row:
    """A still or a clip."""
    names = (
        *("id", "camera", "name", "take", "link", "taken_at", "begins_at", "ends_at"),
        *("sha256", "problem", "detail"),
    )
    return {name: row[name] for name in names}


def task(row: Row, plan: Row) -> Row:
    """What a step of the incident's plan asked for."""
    names = ("id", "step", "kind", "state", "outcome", "subject", "text", "data")
    times = ("requested_at", "due_at", "ended_at", "ended_by")
    step: Row = next((step for step in plan["steps"] if step["id"] == row["step"]), {})
    shown = {name: row[name] for name in (*names, *times)}
    return {**shown, "checklist": step.get("checklist", [])}


def measure(row: Row) -> Row:
    """A protective measure."""
    names = ("id", "kind", "text", "opened_by", "began_at", "ends_at", "lifted_at", "lifted_by")
    return {**{name: row[name] for name in names}, "incident": row["incident_id"]}


def incidents(tx: Tx, rows: Sequence[Row]) -> list[Row]:
    """Incidents with everything that belongs to them, in a few queries however many there are."""
    ids = [row["id"] for row in rows]
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
            **_incident(
                row, of_signals[row["id"]], of_calls[row["id"]], of_logbook[row["id"]], recordings
            ),
            "images": [image(i) for i in images[row["id"]]],
            "tasks": [task(one, row["plan"]) for one in asked[row["id"]]],
        }
        for row in rows
    ]


def _incident(
    row: Row,
    its_signals: Sequence[StoredSignal],
    its_calls: Sequence[Call],
    entries: Sequence[Row],
    recordings: dict[str, Recording],
) -> Row:
    names = (
        "id",
        "account",
        "kind",
        "category",
        "priority",
        "zones",
        "confirmed",
        "signal_count",
        "exercise",
        "state",
        "with_human",
        "machine",
        "holder",
        "opened_at",
        "closed_at",
        "resolution_code",
    )
    return {
        **{name: row[name] for name in names},
        "site": row["site_id"],
        "storm": row["storm_id"],
        "plan": {**row["plan"], "step": row["step"]},
        "signals": its_signals,
        "calls": [call(c, recordings) for c in its_calls],
        "logbook": [entry(e) for e in entries],
        "recordings": [
            recording(recordings[kept])
            for kept in dict.fromkeys(c.recorded_as for c in its_calls)
            if kept in recordings
        ],
    }
