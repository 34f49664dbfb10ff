"""Undo, for some seconds, of a claim, a parking, a release, a transfer or a closing
(docs/explanation/ux.md, 7).

Real compensation: each incident gets back what the act changed, the machine goes on where it
stopped, and the logbook says so. Where anything happened to one of them since, the act stands.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from callflow import ids
from callflow.core.alarms.incident import Changes, Event, Incident, Machine, State, after
from callflow.core.alarms.undo import Offer, Undo
from callflow.core.signals.signal import Kind
from callflow.core.time.instants import from_iso, to_iso
from callflow.handling.alarms.deciding import decide
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks, undo
from callflow.storage.engine.values import written

#: How long the page offers it, and how long what was pressed then may be under way.
UNDO_WITHIN, _UNDER_WAY = timedelta(seconds=8), timedelta(seconds=3)
_TIMES = (
    "human_since",
    "queue_due",
    "held_since",
    "parked_until",
    "normal_due",
    "closed_at",
    "storm_until",
)
_VALUES = (
    "state",
    "with_human",
    "human_reason",
    "queue_level",
    "holder",
    "machine",
    "storm_id",
    "reminder",
    "resolution_code",
    "resolution_text",
    "wish",
)


def remember(tx: Tx, kind: str, who: str, before: Sequence[Incident], now: datetime) -> None:
    """``who`` just did ``kind`` to the incidents whose rows were ``before``."""
    if any(incident.kind is Kind.STORM for incident in before) and kind == "close":
        return  # the sites beneath it are closed with it, each in its own transaction
    undo.forget(tx, who, now - timedelta(minutes=1))
    changed = (
        {"id": incident.id, "version": _version(tx, incident.id), "before": _kept(incident)}
        for incident in before
    )
    undo.insert(tx, Undo(ids.new(now), kind, who, now, tuple(changed)))


def _went_on(tx: Tx, act: Undo) -> bool:
    """True where anything happened since to one of its incidents."""
    return any(_version(tx, one["id"]) != one["version"] for one in act.incidents)


def _version(tx: Tx, incident_id: str) -> int:
    incident = incidents.get(tx, incident_id)
    return incident.version if incident else -1


def _kept(incident: Incident) -> dict[str, object]:
    times = {name: getattr(incident, name) for name in _TIMES}
    values = {name: written(getattr(incident, name)) for name in _VALUES}
    return {name: to_iso(at) if at else None for name, at in times.items()} | values


def _as_it_was(kept: Mapping[str, Any]) -> Changes:
    values = {name: kept[name] for name in _VALUES}
    values |= {name: from_iso(kept[name]) if kept[name] else None for name in _TIMES}
    values |= {"state": State(kept["state"]), "machine": Machine(kept["machine"])}
    return cast(Changes, values)


def offered(tx: Tx, who: str, now: datetime) -> Offer | None:
    """The act that ``who`` may take back now; none whose incident went on since."""
    act = undo.last(tx, who, now - UNDO_WITHIN)
    if act is None or not act.incidents or _went_on(tx, act):
        return None
    left = max(0.0, (act.at + UNDO_WITHIN - now).total_seconds())
    return Offer(act.id, act.kind, act.incidents[0]["id"], left)


def take_back(tx: Tx, undo_id: str, who: str, now: datetime) -> str:
    """Undo one's own act; the first incident's id. Raises NotFound, Refused."""
    act = undo.get(tx, undo_id)
    if act is None or act.who != who:
        raise NotFound("there is nothing to undo")
    if now > act.at + UNDO_WITHIN + _UNDER_WAY:
        raise Refused("it is too late to undo this: act on the incident as it is now")
    incidents.lock_all(tx, [one["id"] for one in act.incidents])
    if _went_on(tx, act):
        raise Refused("something happened to this incident since: it can't be undone any more")
    if not undo.take(tx, undo_id, now):
        raise Refused("this was undone already")
    for one in act.incidents:
        _restore(tx, one, act, now)
    return str(act.incidents[0]["id"])


def _restore(tx: Tx, one: Mapping[str, Any], act: Undo, now: datetime) -> None:
    incident = incidents.get(tx, one["id"], lock=True)
    if incident is None:
        return
    back = _as_it_was(one["before"])
    if act.kind == "close":
        event = Event.UNDO if back["state"] is State.OPEN else Event.UNDO_AGAIN
        back["state"] = after(incident.state, event)
        tasks.reopen(tx, incident.id, act.at)
    tell(tx, "undone", now, incident, undone=act.kind, by=act.who, who_did=act.who)
    runs = back["machine"] is Machine.RUNNING and back["state"] is State.OPEN
    back["machine_due"] = now if runs else None
    incident = incidents.change(tx, incident, **back)
    if runs:
        decide(tx, incident.id, now)
