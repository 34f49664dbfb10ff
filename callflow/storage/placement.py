"""Rows of calls as their nodes go and come: what a lost one left."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select, update

from callflow.call import CallState
from callflow.storage import schema as t
from callflow.storage.calls import ON_TRUNK
from callflow.storage.store import Tx, hint


def hand_over(tx: Tx, call_id: str, node: str, to_node: str) -> bool:
    """Give a call that nobody placed yet to another node; False where somebody did, or does."""
    c = t.call.c
    query = update(t.call).where(
        c.id == call_id, c.state == CallState.REQUESTED.value, c.node == node
    )
    hint(tx, "telephony")
    return tx.execute(query.values(node=to_node)).rowcount == 1


def requested_elsewhere(tx: Tx, nodes: Collection[str], *, limit: int) -> list[dict[str, Any]]:
    """Calls to place on other nodes than these, urgent ones first; none into a conference."""
    c = t.call.c
    query = (
        select(t.call)
        .where(c.state == CallState.REQUESTED.value, c.node.not_in(nodes), c.room.is_(None))
        .order_by(c.priority, c.requested_at, c.id)
        .limit(limit)
    )
    if tx.dialect.name != "sqlite":
        query = query.with_for_update(skip_locked=True)
    return [dict(row._mapping) for row in tx.execute(query)]


def placed_elsewhere(tx: Tx, nodes: Collection[str], *, limit: int) -> list[dict[str, Any]]:
    """Calls that were acted upon on other nodes than these, and have not ended."""
    c = t.call.c
    query = (
        select(t.call)
        .where(c.state.in_(ON_TRUNK), c.node.not_in(nodes))
        .order_by(c.priority, c.requested_at, c.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in tx.execute(query)]
