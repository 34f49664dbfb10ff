"""Trunks, as the rows of their calls tell: what is up on each, how its last calls ended, and the
call that goes on over another one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select, update

from callflow.core.calls.call import Call, CallState, Direction
from callflow.core.calls.trunks import Carried
from callflow.storage import schema as t
from callflow.storage.calls import calls
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx

_COUNT_BY_TRUNK = Prepared(
    select(t.call.c.trunk, func.count().label("live"))
    .where(t.call.c.node == bindparam("node"), t.call.c.state.in_(calls.ON_TRUNK))
    .group_by(t.call.c.trunk)
)


def live_by_trunk(tx: Tx, node: str) -> dict[str, int]:
    """{trunk: how many of a node's calls are up on it}."""
    return {row["trunk"]: row["live"] for row in _COUNT_BY_TRUNK.all(tx, {"node": node})}


def go_on(tx: Tx, call: Call, successor: str, tried: Sequence[str]) -> None:
    """The same attempt again, as the call ``successor``, over a trunk that is not in ``tried``.

    It keeps its place among those that wait. What a service was asked by is this call now, and
    the calls that it spoke for need not try the same trunks for the same person.
    """
    fresh = replace(
        call,
        id=successor,
        state=CallState.REQUESTED,
        trunk="",
        tried=tuple(tried),
        requested_at=call.requested_at + timedelta(microseconds=1),
        outcome=None,
        detail="",
        progress=None,
        result=None,
        placed_at=None,
        ringing_at=None,
        answered_at=None,
        ended_at=None,
    )
    calls.insert(tx, fresh)
    followers = update(t.call).where(t.call.c.leader == call.id)
    tx.execute(followers.values(tried=list(tried)))
    asked = update(t.service_call).where(t.service_call.c.call_id == call.id)
    tx.execute(asked.values(call_id=successor))


_OVER = (
    select(t.call.c.to, t.call.c.tried, t.call.c.answered_at, t.call.c.ended_at)
    .where(
        t.call.c.trunk == bindparam("trunk"),
        t.call.c.node == bindparam("node"),
        t.call.c.ended_at.is_not(None),
        t.call.c.direction == Direction.OUTGOING.value,
        t.call.c.placed_at.is_not(None),
    )
    .order_by(t.call.c.ended_at.desc())
    .limit(bindparam("limit"))
)


def over_trunk(tx: Tx, node: str, trunk: str, *, limit: int) -> list[Carried]:
    """The last calls that a node gave to a trunk and that are over, newest first."""
    return [
        Carried(
            to=row.to,
            ended_at=row.ended_at,
            answered=row.answered_at is not None,
            failed=trunk in row.tried,
        )
        for row in tx.execute(_OVER, {"node": node, "trunk": trunk, "limit": limit})
    ]


def answered_over(
    tx: Tx, node: str, trunk: str, since: datetime, until: datetime
) -> tuple[int, int]:
    """How many calls over a node's trunk that ended in this time were answered, and of how many."""
    c = t.call.c
    query = select(func.count(c.answered_at), func.count()).where(
        c.trunk == trunk,
        c.node == node,
        c.ended_at >= since,
        c.ended_at < until,
        c.direction == Direction.OUTGOING.value,
        c.placed_at.is_not(None),
    )
    answered, over = tx.execute(query).one()
    return int(answered), int(over)
