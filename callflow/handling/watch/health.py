"""How healthy the station is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callflow.clock import to_iso
from callflow.core.signals.signal import Kind
from callflow.core.watch.process import Process
from callflow.handling.base.nodes import Node, nodes
from callflow.handling.base.policy import load_policy
from callflow.handling.base.telling import station_event
from callflow.handling.desks import waiting_line
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.callers import call_backs
from callflow.storage.calls import calls
from callflow.storage.people import users
from callflow.storage.signals import signals

#: A process that said nothing for so long is taken for dead.
BEAT_WITHIN = timedelta(seconds=10)
ROLES = ("engine", "receiver", "telephony", "web")


#: Why a SIP message was refused, as each node's telephony counts it (ivr/telephony/refusals.py).
SIP_REFUSED = ("unknown", "wrong_password", "malformed", "handshake", "no_number")

#: Why the door of browsers' telephones refused somebody (ivr/door), as telephony counts it.
DOOR_REFUSED = (
    *("path", "origin", "request", "header", "protocol", "handshake"),
    *("tls", "slow", "cut", "crowded", "full", "not_accepted", "asterisk"),
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
    beats_at = beats_at or now
    alive = [r for r in users.processes(tx) if beats_at - r.beat_at <= BEAT_WITHIN]
    known = nodes(tx, beats_at)
    there = [node for node in known if not node.silent]
    receivers = [process.state for process in alive if process.role == "receiver"]
    backlog = signals.backlog_size(tx)
    missing = [role for role in ROLES if role not in {process.role for process in alive}]
    database = _database(outage, receivers)
    failed = "receiver" in missing or "engine" in missing or not database["writable"]
    told = [(node, trunk) for node in there for trunk in node.state.get("trunks", ())]
    trunks = [{**trunk, "node": node.name} for node, trunk in told]
    limps = not all(node.ready for node in known) or any(map(_is_ill, trunks))
    logbook_state = _logbook(tx, alive)
    limps = limps or not logbook_state["ours"] or logbook_state["trouble"] != ""
    policy = load_policy(tx)
    degraded = missing or limps or backlog > 1000 or policy.held
    return {
        "status": "failed" if failed else "degraded" if degraded else "ok",
        "processes": [_process(process) for process in alive],
        "missing": missing,
        "nodes": [_node(node) for node in known],
        "database": database,
        "asterisk": "up" if any(node.ready for node in known) else "down",
        "trunks": trunks,
        "sip": [{"node": n.name, **n.state["sip"]} for n in there if "sip" in n.state],
        "door": [{"node": n.name, **n.state["door"]} for n in there if "door" in n.state],
        "receivers": [line for state in receivers for line in state.get("lines", [])],
        "backlog": backlog,
        "queue": incidents.count_in_queue(tx),
        "live_calls": calls.count_live(tx),
        "callers": _callers(tx, now),
        "logbook": logbook_state,
        "held": policy.held,
        "shadow": policy.shadow,
    }


def _logbook(tx: Tx, alive: Sequence[Process]) -> dict[str, object]:
    """``ours`` where nobody without the key was found to have written in it, else since when; and
    whether its seals are remembered outside the database (``trouble`` says why they aren't)."""
    told = [process.state["logbook"] for process in alive if "logbook" in process.state]
    since = [state["since"] for state in told if state["since"]]
    since += [to_iso(incident.opened_at) for incident in incidents.open_ones(tx, kind=Kind.LOGBOOK)]
    return {
        "ours": not since,
        "since": min(since, default=None),
        "seal": max((state["seal"] for state in told), default=None),
        "trouble": next((state["trouble"] for state in told if state["trouble"]), ""),
    }


def _callers(tx: Tx, now: datetime) -> dict[str, object]:
    """Who waits on the line for a human: how many, the longest wait (s), how many to call back."""
    waits = [(now - one.caller.waits_since).total_seconds() for one in waiting_line.queue(tx)]
    return {
        "waiting": len(waits),
        "longest_wait": round(max(waits, default=0.0), 1),
        "call_backs": call_backs.count_open(tx),
    }


def _process(process: Process) -> dict[str, object]:
    shown = {
        name: getattr(process, name) for name in ("name", "role", "node", "host", "pid", "restarts")
    }
    return {**shown, "since": to_iso(process.since)}


def _is_ill(trunk: Mapping[str, Any]) -> bool:
    return trunk.get("state", "up") not in ("up", "disabled")


def _node(node: Node) -> dict[str, object]:
    state = "lost" if node.silent else "ready" if node.ready else "without Asterisk"
    return {"node": node.name, "host": node.host, "state": state}


def _database(
    outage: StoreOutage | None, receivers: Sequence[Mapping[str, Any]]
) -> dict[str, object]:
    """``writable`` where signals can be stored, as the asker found, and the receivers."""
    if outage is not None:
        return {"writable": False, "since": to_iso(outage.since), "reason": outage.reason}
    told = [state["not_stored_since"] for state in receivers if state.get("not_stored_since")]
    since = min(told, default=None)
    reason = "the receiver can't store" if since else ""
    return {"writable": since is None, "since": since, "reason": reason}
