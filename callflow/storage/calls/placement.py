"""Rows of calls as their nodes go and come: what a lost one left."""

from collections.abc import Collection

from sqlalchemy import bindparam, select, update

from callflow.core.calls.call import Call, CallState
from callflow.storage import schema as t
from callflow.storage.calls.calls import CALL, ON_TRUNK
from callflow.storage.engine.store import Tx, hint
from callflow.storage.engine.values import Reads


def hand_over(tx: Tx, call_id: str, node: str, to_node: str) -> bool:
    """Give a call that nobody placed yet to another node; False where somebody did, or does."""
    c = t.call.c
    query = update(t.call).where(
        c.id == call_id, c.state == CallState.REQUESTED.value, c.node == node
    )
    hint(tx, "telephony")
    return tx.execute(query.values(node=to_node)).rowcount == 1


_C = t.call.c
_ELSEWHERE = (
    select(*CALL)
    .where(_C.node.not_in(bindparam("nodes", expanding=True)))
    .order_by(_C.priority, _C.requested_at, _C.id)
    .limit(bindparam("limit"))
)
_WAITS = _ELSEWHERE.where(_C.state == CallState.REQUESTED.value, _C.room.is_(None))
_REQUESTED = Reads(_WAITS, Call)
_REQUESTED_LOCKED = Reads(_WAITS.with_for_update(skip_locked=True), Call)
_PLACED = Reads(_ELSEWHERE.where(_C.state.in_(ON_TRUNK)), Call)


def requested_elsewhere(tx: Tx, nodes: Collection[str], *, limit: int) -> list[Call]:
    """Calls to place on other nodes than these, urgent ones first; none into a conference."""
    query = _REQUESTED if tx.dialect.name == "sqlite" else _REQUESTED_LOCKED
    return query.all(tx, {"nodes": sorted(nodes), "limit": limit})


def placed_elsewhere(tx: Tx, nodes: Collection[str], *, limit: int) -> list[Call]:
    """Calls that were acted upon on other nodes than these, and have not ended."""
    return _PLACED.all(tx, {"nodes": sorted(nodes), "limit": limit})
