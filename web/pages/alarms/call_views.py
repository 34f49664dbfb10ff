"""Calls as an alarm's page shows them: who, how it went, and what was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from callflow.core.calls.call import AT_DESK, LIVE_STATES, CallState
from callflow.core.calls.phones import is_phone, owner_of
from callflow.core.interventions import directory
from callflow.storage import Tx
from callflow.storage.calls import calls

Row = dict[str, Any]

LIVE = frozenset(state.value for state in LIVE_STATES)
_KEPT = (
    "id",
    "step",
    "room",
    "mode",
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
    found = [
        {
            **_call(row, names),
            "recording": recordings.get(calls.recorded_as(row)),
            "told_in": leaders.get(row["leader"] or ""),
        }
        for row in rows
    ]
    return conversations(found)


def conversations(found: Sequence[Row]) -> list[Row]:
    """One call is one card: the legs of our own telephones stand with whom they were with.

    A leg whose person was never called, since nobody picked it up, is a card about that person.
    """
    people = [call for call in found if not call["desk"]]
    legs: dict[str, list[Row]] = {}
    cards = []
    for call in found:
        whom = _with(call, people) if call["desk"] and call["room"] else []
        for person in whom:
            legs.setdefault(person["id"], []).append(call)
        if call["desk"] and call["wanted"] and not whom:
            legs[call["id"]] = [call]
            cards.append(_uncalled(call))
        elif not whom:
            cards.append(call)
    return [{**card, "legs": legs.get(card["id"], [])} for card in cards]


def _uncalled(leg: Row) -> Row:
    """Whom an operator wanted, while their own telephone has not been picked up."""
    state = CallState.REQUESTED if leg["live"] else CallState.CANCELLED
    nothing = dict.fromkeys(("outcome", "answered_at", "talked", "recording"))
    person = {"who": leg["wanted"], "to": "", "at_desk": False, "desk": False}
    return {**leg, **nothing, **person, "state": state.value}


def _with(leg: Row, people: Sequence[Row]) -> list[Row]:
    """Whom a leg was in conversation with; where it was with nobody, whom it was for."""
    room = [p for p in people if leg["room"] in (p["room"], p["id"])]
    return [person for person in room if _together(leg, person)] or room[:1]


def _together(one: Row, other: Row) -> bool:
    """Whether both were on the line at the same time."""
    if one["answered_at"] is None or other["answered_at"] is None:
        return False
    ends = [call["ended_at"] for call in (one, other) if call["ended_at"] is not None]
    return not ends or max(one["answered_at"], other["answered_at"]) < min(ends)


def _leaders(tx: Tx, rows: Sequence[Row]) -> dict[str, str]:
    """{call: its incident} of the calls that spoke for one of these."""
    found = (calls.get(tx, row["leader"]) for row in rows if row["leader"])
    return {leader["id"]: leader["incident_id"] for leader in found if leader}


def _call(row: Row, names: Mapping[str, str]) -> Row:
    seconds, ours = None, bool(row["operator"]) or is_phone(row["to"])
    if row["answered_at"] and row["ended_at"]:
        seconds = (row["ended_at"] - row["answered_at"]).total_seconds()
    wanted = row["wanted"] or {}
    wanted_name = names.get(wanted.get("contact") or "", "")
    return {
        **{name: row[name] for name in _KEPT},
        "wanted": wanted_name or directory.shown(row["step"], wanted.get("to") or ""),
        "to": "" if ours else directory.shown(row["step"], row["to"]),
        "who": row["operator"] or owner_of(row) or names.get(row["contact_id"] or "", ""),
        "at_desk": ours,
        "live": row["state"] in LIVE,
        "desk": row["step"] in AT_DESK,
        "talked": seconds,
    }
