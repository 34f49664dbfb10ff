"""Recordings of calls: what telephony found of each is attached and told."""

from datetime import datetime

from callflow.core.calls.call import Recording
from callflow.handling.base.telling import draft
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.records import logbook


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
    call = calls.about(tx, call_id)
    if call is None:
        return
    recording = Recording(call_id, path, sha256, duration, problem, checked_at=now)
    if not calls.insert_recording(tx, recording):
        return
    entry = draft(
        "recording_problem" if problem else "recording",
        now,
        incident=call.incident_id,
        site=call.site_id,
        call=call_id,
        node=call.node,
        path=path,
        sha256=sha256,
        duration=None if duration is None else round(duration, 1),
        problem=problem,
    )
    logbook.append(tx, entry)
