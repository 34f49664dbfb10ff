"""The station itself: who runs, what is sealed, how healthy it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callflow import logbook
from callflow.clock import to_iso
from callflow.handling.telling import station_event, tell
from callflow.storage import Tx, calls, incidents, people, signals
from callflow.storage import logbook as logbook_rows

#: A process that said nothing for so long is taken for dead.
BEAT_WITHIN = timedelta(seconds=10)
ROLES = ("engine", "receiver", "telephony", "web")


def process_beat(
    tx: Tx, role: str, *, pid: int, since: datetime, now: datetime, state: dict[str, Any]
) -> None:
    """A process says that it lives, and how its part of the station is."""
    people.process_beat(tx, role, pid=pid, since=since, now=now, state=state)


def seal_logbook(tx: Tx, now: datetime) -> int:
    """Seal the chains that changed; how many."""
    return logbook_rows.seal(tx, now)


def verify_logbook(tx: Tx) -> list[logbook.Fault]:
    """Every fault of the logbook's chains, heads and seals."""
    mac = tx.info["mac"]
    return list(
        logbook.verify(
            logbook_rows.entries_by_chain(tx),
            logbook_rows.heads(tx),
            logbook_rows.seals(tx),
            mac,
        )
    )


def recorded_hashes(tx: Tx) -> dict[str, str | None]:
    """{call id: SHA-256 of its recording} as the logbook tells them (None: there was no file)."""
    return logbook_rows.recorded_hashes(tx)


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
    if row is None or call_id in calls.recordings(tx, [call_id]):
        return
    calls.insert_recording(
        tx,
        {
            "call_id": call_id,
            "path": path,
            "sha256": sha256,
            "duration": duration,
            "problem": problem,
            "checked_at": now,
        },
    )
    incident_row = incidents.get(tx, row["incident_id"]) if row["incident_id"] else None
    kind = "recording_problem" if problem else "recording"
    seconds = None if duration is None else round(duration, 1)
    tell(
        tx,
        kind,
        now,
        incident_row,
        call=call_id,
        path=path,
        sha256=sha256,
        duration=seconds,
        problem=problem,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreOutage:
    """The database cannot be written."""

    since: datetime
    reason: str


def store_was_away(tx: Tx, outage: StoreOutage, now: datetime) -> None:
    """The database can be written again: how long nothing was stored, nor acknowledged."""
    seconds = max(0, round((now - outage.since).total_seconds()))
    text = f"base de données indisponible pendant {seconds} s, sans acquittement ({outage.reason})"
    station_event(tx, "store", text, now)


def health(
    tx: Tx, now: datetime, *, outage: StoreOutage | None = None, beats_at: datetime | None = None
) -> dict[str, Any]:
    """``GET health``: ok, degraded (something limps) or failed (alarms are in danger).

    ``beats_at`` is when each process must have been alive, where that isn't ``now``.
    """
    rows = people.processes(tx)
    beats_at = beats_at or now
    alive = {r["role"]: r for r in rows if beats_at - r["beat_at"] <= BEAT_WITHIN}
    telephony = alive["telephony"]["state"] if "telephony" in alive else {}
    receiver = alive["receiver"]["state"] if "receiver" in alive else {}
    asterisk = telephony.get("asterisk", "down")
    backlog = signals.backlog_size(tx)
    missing = [role for role in ROLES if role not in alive]
    database = _database(outage, receiver)
    failed = "receiver" in missing or "engine" in missing or not database["writable"]
    degraded = missing or asterisk != "up" or backlog > 1000
    return {
        "status": "failed" if failed else "degraded" if degraded else "ok",
        "processes": [
            {
                "role": r["role"],
                "pid": r["pid"],
                "since": to_iso(r["since"]),
                "restarts": r["restarts"],
            }
            for r in rows
            if r["role"] in alive
        ],
        "missing": missing,
        "database": database,
        "asterisk": asterisk,
        "trunks": telephony.get("trunks", []),
        "receivers": receiver.get("lines", []),
        "backlog": backlog,
        "queue": incidents.count_in_queue(tx),
        "live_calls": calls.count_live(tx),
    }


def _database(outage: StoreOutage | None, receiver: dict[str, Any]) -> dict[str, Any]:
    """Whether signals can be stored, as the asker found, and the receiver."""
    if outage is not None:
        return {"writable": False, "since": to_iso(outage.since), "reason": outage.reason}
    since = receiver.get("not_stored_since")
    reason = "the receiver can't store" if since else ""
    return {"writable": since is None, "since": since, "reason": reason}


def telephony_watch(tx: Tx, now: datetime) -> bool:
    """Whether the telephony process is silent: said once in the day's logbook, on the queue."""
    rows = {row["role"]: row for row in people.processes(tx)}
    row = rows.get("telephony")
    silent = row is None or now - row["beat_at"] > BEAT_WITHIN
    known = people.settings(tx).get("telephony_silent", False)
    if silent != known:
        people.write_settings(tx, {"telephony_silent": silent})
        text = "la téléphonie ne répond plus" if silent else "la téléphonie répond à nouveau"
        tell(tx, "station", now, text=text, about="telephony")
    return silent
