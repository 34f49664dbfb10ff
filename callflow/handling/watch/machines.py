"""Several machines: who correlates what, and what becomes of the work of a node that is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from callflow.core.interventions.directory import shown
from callflow.handling.base.nodes import LOST_AFTER, Node, is_witnessed, nodes
from callflow.handling.base.policy import load_policy
from callflow.handling.base.telling import tell
from callflow.handling.calls.calling import call_lost
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import placement
from callflow.storage.people import users
from callflow.storage.signals import signals
from callflow.storage.signals.signals import ALL, Share

__all__ = ["ALL", "LOST_AFTER", "Share", "nodes_changed", "share", "waits", "watch_nodes"]

Row = dict[str, Any]

#: An engine that said nothing for so long has no share any more.
_ENGINE_WITHIN = timedelta(seconds=6)
#: Calls of one node that are handed over in one transaction: more follow a second later.
_MOST = 100


def share(tx: Tx, name: str, now: datetime) -> Share:
    """Which sites the engine ``name`` correlates before others do: it counts their signals."""
    rows = users.processes(tx, "engine")
    alive = [row["name"] for row in rows if now - row["beat_at"] <= _ENGINE_WITHIN]
    return Share(place=alive.index(name), of=len(alive)) if name in alive else ALL


def waits(tx: Tx, mine: Share, now: datetime) -> bool:
    """Whether there is a signal to correlate."""
    return signals.waits(tx, mine, now)


def watch_nodes(tx: Tx, now: datetime) -> list[str]:
    """Say which nodes are lost or back, and hand over what a lost one left; the lost ones.

    Its calls that nobody placed go to the others. Those that it had placed are of unknown fate:
    told, and decided again. Where no node is ready, all of it waits: it may come back. Silent is
    not lost while nobody else could write either: the database was away, or all have just begun.
    """
    known = nodes(tx, now)
    _tell_changes(tx, known, now)
    takers = [node.name for node in known if node.ready]
    if takers:
        for row in placement.placed_elsewhere(tx, _live(known), limit=_MOST):
            _lose(tx, row, now)
        prompt = _prompt(known, now)
        for place, row in enumerate(placement.requested_elsewhere(tx, prompt, limit=_MOST)):
            _hand_over(tx, row, takers[place % len(takers)], now)
    return [node.name for node in known if node.lost]


def nodes_changed(tx: Tx, now: datetime) -> bool:
    """Whether ``watch_nodes`` has anything to say or to hand over."""
    known = nodes(tx, now)
    if _lost(tx, known, now) != _told_lost(tx):
        return True
    if not any(node.ready for node in known):
        return False
    left = placement.placed_elsewhere(tx, _live(known), limit=1)
    return bool(left or placement.requested_elsewhere(tx, _prompt(known, now), limit=1))


def _live(known: list[Node]) -> set[str]:
    return {node.name for node in known if not node.lost}


def _prompt(known: list[Node], now: datetime) -> set[str]:
    """The nodes that will place what waits with them."""
    return {node.name for node in known if not node.keeps_waiting(now)}


def _lose(tx: Tx, row: Row, now: datetime) -> None:
    incident = incidents.get(tx, row["incident_id"]) if row["incident_id"] else None
    to = shown(row["step"], row["to"])
    tell(tx, "call_left", now, incident, to=to, node=row["node"], call=row["id"])
    call_lost(tx, row["id"], now)


def _hand_over(tx: Tx, row: Row, node: str, now: datetime) -> None:
    if placement.hand_over(tx, row["id"], row["node"], node):
        incident = incidents.get(tx, row["incident_id"]) if row["incident_id"] else None
        to = shown(row["step"], row["to"])
        told = {"to": to, "call": row["id"], "from_node": row["node"], "node": node}
        tell(tx, "call_handed_over", now, incident, **told)


def _tell_changes(tx: Tx, known: list[Node], now: datetime) -> None:
    """Each loss and each return once, in the day's logbook."""
    lost, before = _lost(tx, known, now), _told_lost(tx)
    if lost == before:
        return
    users.write_settings(tx, {"lost_nodes": lost})
    for name in sorted(set(lost) - set(before)):
        tell(tx, "node_lost", now, node=name)
    for name in sorted(set(before) - set(lost)):
        tell(tx, "node_back", now, node=name)


def _lost(tx: Tx, known: list[Node], now: datetime) -> list[str]:
    if not known and is_witnessed(users.processes(tx), now):
        return [load_policy(tx).node]
    return [node.name for node in known if node.lost]


def _told_lost(tx: Tx) -> list[str]:
    return list(users.settings(tx).get("lost_nodes", []))
