"""The station calls itself over each trunk: asked for when due, followed leg by leg, settled.

One canary is under way at a time, whatever the nodes and trunks. What came of it is a reading of
the trunk's canary (``handling.watch.readings``).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.core.calls.call import CallState, Dialogue, Outcome
from callflow.core.calls.purpose import Purpose
from callflow.core.calls.trunks import CANARY_SPARES, Trunk
from callflow.core.watch import canary as core
from callflow.core.watch.canary import Canary
from callflow.core.watch.organs import Part, State, key_of
from callflow.core.watch.readings import Reading
from callflow.handling.alarms.acting import request_call
from callflow.handling.base.nodes import Node, nodes
from callflow.handling.base.policy import Policy, load_policy
from callflow.handling.calls import calling, trunking
from callflow.handling.watch import readings
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.watch import canaries
from callflow.vault import Vault

#: Behind every call that is for somebody.
_PRIORITY = 4
#: Seconds that it may ring.
_RING = 20.0
#: Rows are kept for so long; readings have their own history.
_KEPT = timedelta(days=7)
#: Settled canaries of a trunk that its next one, and its verdict, are judged by.
_LATELY = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """What there is to do: a canary to settle, one to begin over a node's trunk, or, ``over``, what
    that trunk was found to be is to be forgotten: it is not tried any more."""

    settle: str = ""
    over: bool = False
    trunk: str = ""
    node: str = ""


# --- the engine's part ----------------------------------------------------------------------


def find(tx: Tx, now: datetime, begun: datetime) -> Due | None:
    """What is due; ``begun``: since when this engine looks. Only reads."""
    under_way = canaries.open_one(tx)
    if under_way is not None:
        over = core.is_over(under_way, calls.get(tx, under_way.id), now)
        return Due(settle=under_way.id) if over else None
    policy = load_policy(tx)
    known = nodes(tx, now)
    wanted = _ways(policy, known)
    if over_ways := canaries.ways(tx) - wanted:
        trunk, name = min(over_ways)
        return Due(over=True, trunk=trunk, node=name)
    due = min(_due(tx, policy, known, wanted, now, begun), default=None)
    if due is None or due[0] > now or calls.waiting(tx):
        return None
    return Due(trunk=due[1], node=due[2])


def _ways(policy: Policy, known: Sequence[Node]) -> set[tuple[str, str]]:
    """(trunk, node) of every way that is to be tried."""
    if not policy.canary_every or policy.withheld is not None:
        return set()
    trunks = [trunk.name for trunk in policy.trunks if trunk.enabled and trunk.canary]
    return {(trunk, node.name) for trunk in trunks for node in known}


def _due(
    tx: Tx,
    policy: Policy,
    known: Sequence[Node],
    wanted: Collection[tuple[str, str]],
    now: datetime,
    begun: datetime,
) -> Iterator[tuple[datetime, str, str]]:
    """(when, trunk, node) of the next canary over each ``wanted`` way with room for one now."""
    every = timedelta(seconds=policy.canary_every)
    for node in known:
        lines = trunking.exchange(tx, policy, node.name, now)
        for trunk in policy.trunks:
            tried = (trunk.name, node.name) in wanted and _carries(trunk, node)
            if not tried or not lines.spares(trunk, CANARY_SPARES):
                continue
            last = canaries.newest(tx, trunk.name, node.name, limit=_LATELY)
            yield core.next_at(last, every, begun), trunk.name, node.name


def _carries(trunk: Trunk, node: Node) -> bool:
    """False of one that is known to be down: of that an alarm tells already."""
    told = {one.get("name"): one.get("state") for one in node.state.get("trunks", ())}
    return node.ready and told.get(trunk.name) != "down"


def act(tx: Tx, due: Due, now: datetime) -> None:
    """Do what ``find`` found."""
    if due.settle:
        _settle(tx, due.settle, now)
    elif due.over:
        canaries.drop(tx, due.trunk, due.node)
        readings.forget(tx, [key_of(Part.CANARY, due.trunk, due.node)], now)
    else:
        _begin(tx, due.trunk, due.node, now)


def _begin(tx: Tx, trunk: str, node: str, now: datetime) -> None:
    policy = load_policy(tx)
    call = request_call(
        tx,
        policy,
        None,
        now,
        step=Purpose.CANARY,
        to=policy.canary_number,
        attempt=1,
        dialogue=Dialogue.CANARY,
        ring_time=_RING,
        priority=_PRIORITY,
    )
    # Every other trunk counts as tried: one that fails hands the call on to none.
    others = [one.name for one in policy.trunks if one.name != trunk]
    calls.change(tx, call.id, node=node, tried=others)
    canaries.insert(tx, Canary(id=call.id, trunk=trunk, node=node, asked_at=now))
    canaries.forget(tx, now - _KEPT)


def _settle(tx: Tx, canary_id: str, now: datetime) -> None:
    call = calls.get(tx, canary_id, lock=True)
    canary = canaries.get(tx, canary_id)
    if canary is None or canary.settled_at is not None:
        return
    policy = load_policy(tx)
    if call is not None and call.state is CallState.REQUESTED:  # no channel to spare all the time
        only = [CallState.REQUESTED]
        calls.change(tx, call.id, only_in=only, state=CallState.CANCELLED, ended_at=now)
    shows = {trunk.name: trunk.machine_number for trunk in policy.trunks}
    found = core.verdict(canary, call, shows.get(canary.trunk, ""))
    if policy.withheld is not None or canary.trunk not in shows:
        found = core.Verdict(state=State.UNKNOWN)
    canaries.change(tx, canary_id, settled_at=now, state=found.state, reason=found.reason)
    if core.is_believed(canaries.newest(tx, canary.trunk, canary.node, limit=_LATELY)):
        readings.take(tx, [_reading(canary, found, policy, now)], now)


def _reading(canary: Canary, found: core.Verdict, policy: Policy, now: datetime) -> Reading:
    return Reading(
        part=Part.CANARY,
        name=canary.trunk,
        node=canary.node,
        state=found.state,
        reason=found.reason,
        detail=found.detail,
        figure=found.figure,
        unit="seconds",
        limit=core.SLOW,
        at=now,
        valid=core.valid(timedelta(seconds=policy.canary_every)),
    )


# --- the legs' part -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Awaited:
    """A canary that is under way, and whether its placed leg was picked up."""

    id: str
    answered: bool


def awaited(tx: Tx) -> Awaited | None:
    """The one that a call from outside may be; None: there is none."""
    under_way = canaries.open_one(tx)
    call = calls.get(tx, under_way.id) if under_way is not None else None
    if call is None or not call.live or call.state is CallState.REQUESTED:
        return None
    return Awaited(id=call.id, answered=call.up)


def keys(vault: Vault, canary_id: str) -> str:
    """The keys that its placed leg types: nobody knows them without the station's own, and another
    call has others."""
    drawn = int(vault.seal(f"canary\0{canary_id}"), 16)
    return f"{drawn % 10**core.KEYS:0{core.KEYS}}"


def picked_up(tx: Tx, call_id: str, now: datetime) -> bool:
    """Its placed leg was answered. False: this is no canary that is under way."""
    canary = canaries.get(tx, call_id)
    if canary is None or canary.settled_at is not None:
        return False
    calling.call_answered(tx, call_id, now)
    return True


def listened(tx: Tx, call_id: str, heard: float | None) -> None:
    """The placed leg heard the other's tone for so many seconds."""
    canaries.change(tx, call_id, heard_in=heard)
    calls.change(tx, call_id, result=Outcome.SERVED)


def came_back(tx: Tx, canary_id: str, channel: str, shown: str) -> bool:
    """A call from outside typed its keys: its arrived leg. False: they were typed already, and
    whoever types them again overheard them."""
    canary = canaries.get(tx, canary_id)
    if canary is None or canary.proved or canary.settled_at is not None:
        return False
    canaries.change(tx, canary_id, arrived=channel, shown=shown[:32], proved=True)
    return True


def heard(tx: Tx, canary_id: str, channel: str, seconds: float | None) -> None:
    """The arrived leg heard the placed one's tone for so many seconds."""
    canary = canaries.get(tx, canary_id)
    if canary is not None and canary.arrived == channel:
        canaries.change(tx, canary_id, heard_out=seconds)


def may_have_come_back(
    tx: Tx, canary_id: str, channel: str, shown: str, seconds: float | None
) -> bool:
    """A call from outside that typed nothing is over, and heard the placed leg's tone for so many
    seconds. True: it was its arrived leg. False: somebody called, who is nobody of ours."""
    canary, call = canaries.get(tx, canary_id), calls.get(tx, canary_id)
    if canary is None or canary.proved or call is None or call.answered_at is None:
        return False
    own = {trunk.machine_number for trunk in load_policy(tx).trunks}
    if shown not in own and (seconds or 0.0) < core.HEARD:
        return False
    canaries.change(tx, canary_id, arrived=channel, shown=shown[:32], heard_out=seconds)
    return True
