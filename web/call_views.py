"""Calls as an alarm's page shows them: who, how it went, and what was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from callflow import directory
from callflow.call import AT_DESK, LIVE_STATES
from callflow.phones import is_phone, owner_of
from callflow.storage import Tx, calls

Row = dict[str, Any]

LIVE = frozenset(state.value for state in LIVE_STATES)
_KEPT = (
    "id",
    "step",
    "room",
    "attempt",
    "state",
    "outcome",
    "detail",
    "direction",
    "requested_at",
    "placed_at",
    "ringing_at",
    "answered_at",
    "ended_at",
)


def shown(tx: Tx, rows: Sequence[Row], names: Mapping[str, str]) -> list[Row]:
    """The calls of one incident. ``names``: of contacts, by id.

    One that was told in another call to the same person (D10) has that call's recording.
    """
    recordings = calls.recordings(tx, [calls.recorded_as(row) for row in rows])
    leaders = _leaders(tx, rows)
    return [
        {
            **_call(row, names),
            "recording": recordings.get(calls.recorded_as(row)),
            "told_in": leaders.get(row["leader"] or ""),
        }
        for row in rows
    ]


def _leaders(tx: Tx, rows: Sequence[Row]) -> dict[str, str]:
    """{call: its incident} of the calls that spoke for one of these."""
    found = (calls.get(tx, row["leader"]) for row in rows if row["leader"])
    return {leader["id"]: leader["incident_id"] for leader in found if leader}


def _call(row: Row, names: Mapping[str, str]) -> Row:
    seconds, ours = None, bool(row["operator"]) or is_phone(row["to"])
    if row["answered_at"] and row["ended_at"]:
        seconds = (row["ended_at"] - row["answered_at"]).total_seconds()
    return {
        **{name: row[name] for name in _KEPT},
        "to": "" if ours else directory.shown(row["step"], row["to"]),
        "who": row["operator"] or owner_of(row) or names.get(row["contact_id"] or "", ""),
        "at_desk": ours,
        "live": row["state"] in LIVE,
        "desk": row["step"] in AT_DESK,
        "talked": seconds,
    }
