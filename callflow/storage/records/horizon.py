"""How far the logbook may be read by who follows it, so that nothing appears behind them later.

On PostgreSQL numbers are given out before the commit: a lower one may be seen later than a higher
one. SQLite's writers take turns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, func, literal, select, text

from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.records.chaining import LAST_NUMBER

_C = t.logbook.c


@dataclass(frozen=True, slots=True)
class Horizon:
    """The last entry that is seen; writers that ``begun`` before now may still tell one before it,
    until all of them are ``over``. Transaction ids of PostgreSQL; SQLite's writers take turns."""

    last: int
    begun: int = 0
    over: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """Nobody tells an entry up to ``upto`` any more. ``awaited``: who may still tell one before a
    later horizon is waited for."""

    upto: int = 0
    awaited: Horizon | None = None

    def seen(self, now: Horizon) -> Settled:
        """The same, once another horizon is seen."""
        settled = self
        if self.awaited is not None and now.over >= self.awaited.begun:
            settled = Settled(self.awaited.last)
        if now.over >= now.begun:
            return Settled(now.last)
        return settled if settled.awaited is not None else replace(settled, awaited=now)


_SNAPSHOT = text(
    "SELECT pg_snapshot_xmax(now.s)::text::bigint AS begun,"
    " pg_snapshot_xmin(now.s)::text::bigint AS over"
    " FROM (SELECT pg_current_snapshot() AS s) AS now"
)


def horizon(tx: Tx) -> Horizon:
    """The one of now."""
    numbers = select(func.max(_C.number)).where(_C.number < literal(LAST_NUMBER, BigInteger))
    last = tx.execute(numbers).scalar() or 0
    if tx.dialect.name == "sqlite":
        return Horizon(last)
    row = tx.execute(_SNAPSHOT).one()
    return Horizon(last, row.begun, row.over)
