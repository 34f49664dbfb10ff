"""The first phone outside that rang for an alarm, and when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from callflow.core.calls.purpose import MEANING, Purpose, Rings
from callflow.core.signals.signal import Category
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import found

#: Steps of calls that ring at the station's own phones: nobody outside hears of the alarm by them.
_OWN = [purpose.value for purpose in Purpose if MEANING[purpose].rings is Rings.STATION]


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstRing:
    """Of one alarm. Times are UTC."""

    category: Category
    opened_at: datetime
    at: datetime


def first_rings(tx: Tx, call_ids: Collection[str]) -> list[FirstRing]:
    """Of these calls those that were the first to ring outside for their alarm; no rehearsal's."""
    c, i = t.call.c, t.incident.c
    rang = func.min(func.coalesce(c.ringing_at, c.answered_at))
    theirs = select(c.incident_id).where(c.id.in_(list(call_ids)), c.incident_id.is_not(None))
    first = (
        select(c.incident_id, rang.label("at"))
        .where(c.incident_id.in_(theirs), c.step.not_in(_OWN))
        .group_by(c.incident_id)
        .subquery("first")
    )
    query = (
        select(i.category, i.opened_at, first.c.at)
        .join_from(first, t.incident, i.id == first.c.incident_id)
        .join(t.call, (c.incident_id == i.id) & c.id.in_(list(call_ids)))
        .where(func.coalesce(c.ringing_at, c.answered_at) == first.c.at, i.exercise.is_(False))
        .where(c.step.not_in(_OWN))
    )
    return found(tx, query, FirstRing)
