"""Recordings of calls: what telephony found of each is attached and told."""

from __future__ import annotations

from datetime import datetime

from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls


def recording_finished(
    tx: Tx,
    call_id: str,
    *,
    path: str,
    sha256: str | None,
    duration: float | None,
    problem: str,
    now: datetime,
) -> None:
    """A recording was checked and hashed, or is missing: attached and told either way."""
    row = calls.get(tx, call_id)
    if row is None:
        return
    found = {"call_id": call_id, "path": path, "sha256": sha256, "duration": duration}
    if not calls.insert_recording(tx, {**found, "problem": problem, "checked_at": now}):
        return
    incident_row = incidents.get(tx, row["incident_id"]) if row["incident_id"] else None
    kind = "recording_problem" if problem else "recording"
    seconds = None if duration is None else round(duration, 1)
    tell(
        tx,
        kind,
        now,
        incident_row,
        call=call_id,
        node=row["node"],
        path=path,
        sha256=sha256,
        duration=seconds,
        problem=problem,
    )
