"""What probes found last of each organ, and the points of every organ's history."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select

from callflow.core.watch.organs import Part, Reason, State
from callflow.core.watch.readings import Reading
from callflow.core.watch.trends import Point
from callflow.storage import schema as t
from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, found
from callflow.storage.sites.sites import upsert_all

_EVERY = Prepared(select(t.reading))


def every(tx: Tx) -> list[Reading]:
    """The last one of each organ."""
    return [_read(row) for row in _EVERY.all(tx, {})]


def _read(row: dict[str, Any]) -> Reading:
    return Reading(
        part=Part(row["part"]),
        name=row["name"],
        node=row["node"],
        state=State(row["state"]),
        reason=Reason(row["reason"]) if row["reason"] else None,
        detail=row["detail"],
        figure=row["figure"],
        unit=row["unit"],
        limit=row["limit"],
        at=row["at"],
        valid=row["valid_until"] - row["at"],
        vital=row["vital"],
        elsewhere=row["elsewhere"],
    )


def put(tx: Tx, readings: Sequence[Reading]) -> None:
    """These are the last ones of their organs."""
    upsert_all(tx, t.reading, ["key"], [_row(reading) for reading in readings])


def _row(reading: Reading) -> dict[str, object]:
    values = columns(reading)
    valid = values.pop("valid")
    return {
        **values,
        "key": reading.key,
        "reason": values["reason"] or "",
        "valid_until": reading.at + valid,
    }


def remove(tx: Tx, keys: Collection[str]) -> None:
    """Nobody reads these organs any more."""
    if keys:
        tx.execute(delete(t.reading).where(t.reading.c.key.in_(list(keys))))


# --- history ------------------------------------------------------------------------------------


def add_points(tx: Tx, points: Sequence[Point]) -> None:
    """One more point of each organ; of one organ and instant there is one."""
    upsert_all(tx, t.organ_point, ["key", "at"], [columns(point) for point in points])


def points(tx: Tx, since: datetime, keys: Collection[str] | None = None) -> list[Point]:
    """Those since then, of these organs or of all, by organ, oldest first."""
    c = t.organ_point.c
    query = select(t.organ_point).where(c.at >= since)
    if keys is not None:
        query = query.where(c.key.in_(list(keys)))
    return found(tx, query.order_by(c.key, c.at), Point)


def changes(tx: Tx, until: datetime) -> list[Point]:
    """Changes of every organ's state until before ``until``, by organ, oldest first."""
    c = t.organ_point.c
    query = select(t.organ_point).where(c.changed.is_(True), c.at < until)
    return found(tx, query.order_by(c.key, c.at), Point)


def drop_points(tx: Tx, before: datetime, changes_before: datetime) -> None:
    """Forget figures from before the one, changes of state from before the other."""
    c = t.organ_point.c
    old = or_(c.at < changes_before, (c.at < before) & c.changed.is_(False))
    tx.execute(delete(t.organ_point).where(old))
