"""Several machines: who correlates what, and what becomes of the work of a node that is lost."""

from datetime import datetime, timedelta

from callflow.core.calls.call import Call
from callflow.core.interventions.directory import shown
from callflow.handling.base.nodes import LOST_AFTER, Node, is_witnessed, nodes
from callflow.handling.base.policy import load_policy
from callflow.handling.base.telling import tell
from callflow.handling.calls.calling import call_lost
from callflow.storage import Tx
from callflow.storage.calls import calls, placement
from callflow.storage.people import users
from callflow.storage.signals import signals
from callflow.storage.signals.signals import ALL, Share

__all__ = ["ALL", "LOST_AFTER", "Share", "nodes_changed", "share", "waits", "watch_nodes"]

#: An engine that said nothing for so long has no share any more.
_ENGINE_WITHIN = timedelta(seconds=6)
#: Calls of one node that are handed over in one transaction: more follow a second later.
_MOST = 100


def share(tx: Tx, name: str, now: datetime) -> Share:
    """Which sites the engine ``name`` correlates before others do: it counts their signals."""
    processes = users.processes(tx, "engine")
    alive = [process.name for process in processes if now - process.beat_at <= _ENGINE_WITHIN]
    return Share(place=alive.index(name), of=len(alive)) if name in alive else ALL


def waits(tx: Tx, mine: Share, now: datetime) -> bool:
    """True where there is a signal to correlate."""
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
        for call in placement.placed_elsewhere(tx, _live(known), limit=_MOST):
            _lose(tx, call, now)
        prompt = _prompt(known, now)
        for place, call in enumerate(placement.requested_elsewhere(tx, prompt, limit=_MOST)):
            _hand_over(tx, call, takers[place % len(takers)], now)
    return [node.name for node in known if node.lost]


def nodes_changed(tx: Tx, now: datetime) -> bool:
    """True where ``watch_nodes`` has anything to say or to hand over."""
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


def _lose(tx: Tx, call: Call, now: datetime) -> None:
    told = {"to": shown(call.step, call.to), "node": call.node, "call": call.id}
    tell(tx, "call_left", now, calls.incident_of(tx, call), **told)
    call_lost(tx, call.id, now)


def _hand_over(tx: Tx, call: Call, node: str, now: datetime) -> None:
    if placement.hand_over(tx, call.id, call.node, node):
        to = shown(call.step, call.to)
        told = {"to": to, "call": call.id, "from_node": call.node, "node": node}
        tell(tx, "call_handed_over", now, calls.incident_of(tx, call), **told)


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
