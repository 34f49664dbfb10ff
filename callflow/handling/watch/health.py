"""How healthy the station is, as ``GET health`` tells it: its organs, and the verdict of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from callflow.clock import to_iso
from callflow.core.watch import facts as of
from callflow.core.watch.examination import judge, unread
from callflow.core.watch.facts import Facts
from callflow.core.watch.failures import lasting
from callflow.core.watch.organs import Organ, Part, Reason, State, verdict
from callflow.core.watch.process import Process
from callflow.handling.base.nodes import Node, nodes
from callflow.handling.base.telling import station_event
from callflow.handling.desks import waiting_line
from callflow.handling.watch import failures, organs
from callflow.handling.watch.organs import living
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.callers import call_backs
from callflow.storage.calls import calls
from callflow.storage.people import users
from callflow.storage.watch import organs as rows

#: Why a SIP message was refused, as each node's telephony counts it (ivr/telephony/refusals.py).
SIP_REFUSED = (
    *("not_allowed", "unknown", "wrong_password", "malformed", "handshake", "no_number"),
)

#: Why the door of browsers' telephones refused somebody (ivr/door), as telephony counts it.
DOOR_REFUSED = (
    *("address", "path", "origin", "request", "header", "protocol", "handshake"),
    *("tls", "slow", "cut", "crowded", "full", "not_accepted", "asterisk"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreOutage:
    """The database cannot be written."""

    since: datetime
    reason: str


def store_was_away(tx: Tx, outage: StoreOutage, now: datetime) -> None:
    """The database can be written again: how long nothing was stored, nor acknowledged.

    While it was away nobody could be called: of a failure whoever looks after it is told now, once,
    whichever machine's process finds it out. That it is over, the next look at the organs tells.
    """
    seconds = max(0, round((now - outage.since).total_seconds()))
    text = f"base de données indisponible pendant {seconds} s, sans acquittement ({outage.reason})"
    station_event(tx, "store", text, now)
    away = Organ(
        part=Part.DATABASE,
        state=State.FAILED,
        reason=Reason.NOT_WRITABLE,
        detail=outage.reason,
        since=outage.since,
        vital=True,
    )
    known = rows.noted(tx).get(away.key)
    told_already = known is not None and known.since >= outage.since
    if now - outage.since >= lasting(Part.DATABASE) and not told_already:
        failures.note(tx, [away], now, watched_since=outage.since)


#: What ``GET health`` tells beside the organs where nothing was ever read.
_NOTHING: Mapping[str, Any] = {
    **{name: [] for name in ("processes", "missing", "versions", "nodes", "trunks", "sip", "door")},
    "receivers": [],
    **dict.fromkeys(("held", "shadow"), False),
    "shadow_sites": 0,
    "asterisk": "down",
    **dict.fromkeys(("backlog", "queue", "live_calls"), 0),
    "callers": {"waiting": 0, "longest_wait": 0.0, "call_backs": 0},
    "logbook": {"ours": True, "since": None, "seal": None, "trouble": ""},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """The organs at ``at``, and what else ``GET health`` tells."""

    at: datetime
    organs: Sequence[Organ]
    more: Mapping[str, Any]

    @property
    def status(self) -> State:
        """Ok, degraded (somebody should look) or failed (alarms are in danger)."""
        return verdict(self.organs)

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "status": self.status.value,
            "as_of": to_iso(self.at),
            **self.more,
            "database": _database(self._database),
            "organs": organs.to_json(self.organs),
        }

    @property
    def not_stored_since(self) -> str | None:
        """Since when nothing is stored, as JSON has it."""
        found = self._database
        return to_iso(found.since) if found.state is State.FAILED and found.since else None

    @property
    def _database(self) -> Organ:
        return next(organ for organ in self.organs if organ.part is Part.DATABASE)

    def unread(self, database: of.Database) -> Health:
        """The same while rows can't be read: the database as it was found, the others as before."""
        return replace(self, organs=unread(self.organs, database))

    @staticmethod
    def unknown(now: datetime) -> Health:
        """Nothing was ever read."""
        return Health(at=now, organs=judge(Facts(), now), more=_NOTHING)


def look(
    tx: Tx,
    now: datetime,
    *,
    outage: StoreOutage | None = None,
    beats_at: datetime | None = None,
    asker: tuple[str, Mapping[str, Any]] | None = None,
) -> Health:
    """The station's health. ``outage`` is what the asker knows of the database; ``beats_at`` is
    when each process must have been alive, where that isn't ``now``; ``asker`` the asker's host,
    and what its probe says of it."""
    beats_at = beats_at or now
    database = of.Database()
    if outage is not None:
        database = of.Database(writable=False, since=outage.since, reason=outage.reason)
    found = organs.facts(tx, now, database=database, beats_at=beats_at, asker=asker)
    return Health(
        at=now, organs=organs.organs(tx, found, now), more=_more(tx, found, now, beats_at)
    )


def health(
    tx: Tx, now: datetime, *, outage: StoreOutage | None = None, beats_at: datetime | None = None
) -> dict[str, Any]:
    """``look`` as ``GET health`` tells it."""
    return look(tx, now, outage=outage, beats_at=beats_at).told()


def _more(tx: Tx, found: Facts, now: datetime, beats_at: datetime) -> dict[str, Any]:
    alive, known = living(users.processes(tx), beats_at), nodes(tx, beats_at)
    there = [node for node in known if not node.silent]
    receivers = [process.state for process in alive if process.role == "receiver"]
    trunks = [(node, trunk) for node in there for trunk in node.state.get("trunks", ())]
    return {
        "processes": [_process(process) for process in alive],
        "missing": [role.role for role in found.roles if not role.alive],
        "versions": list(found.versions),
        "nodes": [_node(node) for node in known],
        "asterisk": "up" if any(node.ready for node in known) else "down",
        "trunks": [{**trunk, "node": node.name} for node, trunk in trunks],
        "sip": [{"node": n.name, **n.state["sip"]} for n in there if "sip" in n.state],
        "door": [{"node": n.name, **n.state["door"]} for n in there if "door" in n.state],
        "receivers": [line for state in receivers for line in state.get("lines", [])],
        "backlog": found.backlog,
        "queue": incidents.count_in_queue(tx),
        "live_calls": calls.count_live(tx),
        "callers": _callers(tx, now),
        "logbook": _logbook(found.logbook),
        "held": found.held,
        "shadow": found.shadow,
        "shadow_sites": found.shadow_sites,
    }


def _logbook(found: of.Logbook) -> dict[str, object]:
    since = to_iso(found.since) if found.since else None
    return {"ours": found.ours, "since": since, "seal": found.seal, "trouble": found.trouble}


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


def _node(node: Node) -> dict[str, object]:
    state = "lost" if node.silent else "ready" if node.ready else "without Asterisk"
    return {"node": node.name, "host": node.host, "state": state}


def _database(organ: Organ) -> dict[str, object]:
    """``writable`` where signals can be stored, as the asker found, and the receivers."""
    since = to_iso(organ.since) if organ.since and organ.state is not State.OK else None
    return {
        "writable": organ.state is not State.FAILED,
        "since": since,
        "reason": organ.detail,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """What ``/metrics`` tells beside health: every process that is known, those that live, and how
    many unfiled incidents there are by (state, whether a human has them)."""

    processes: Sequence[Process] = ()
    alive: Sequence[Process] = ()
    unfiled: Mapping[tuple[str, str], int] = field(default_factory=dict)


def counts(tx: Tx, beats_at: datetime) -> Counts:
    """Each process must have been alive at ``beats_at``."""
    processes = users.processes(tx)
    unfiled = Counter(
        (one.state.value, str(one.with_human).lower()) for one in incidents.queue(tx, limit=5000)
    )
    return Counts(processes=processes, alive=living(processes, beats_at), unfiled=unfiled)
