"""Rows of checks and drills of the station, and of each time that one was done."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update

from callflow.core.watch.checks import Check, Done
from callflow.core.watch.organs import State
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found
from callflow.storage.sites.sites import upsert

_C, _D = t.station_check.c, t.check_done.c


def in_force(tx: Tx) -> list[Check]:
    """Those that are asked for."""
    return found(tx, select(t.station_check).where(_C.retired_at.is_(None)), Check)


def every(tx: Tx) -> list[Check]:
    """Those that were ever asked for, too."""
    return found(tx, select(t.station_check), Check)


def get(tx: Tx, check_id: str) -> Check | None:
    """One of them."""
    return first(tx, select(t.station_check).where(_C.id == check_id), Check)


def put(tx: Tx, check: Check) -> None:
    """A new one, or one as it is now."""
    upsert(tx, t.station_check, ["id"], columns(check))


def last(tx: Tx) -> dict[str, Done]:
    """{check's id: when it was done last} of those in force."""
    query = select(t.check_done).join(t.station_check, _C.last_id == _D.id)
    done = found(tx, query.where(_C.retired_at.is_(None)), Done)
    return {one.check_id: one for one in done}


def note_done(tx: Tx, done: Done) -> None:
    """One was done: from now on this is the last time."""
    tx.execute(t.check_done.insert(), columns(done))
    tx.execute(update(t.station_check).where(_C.id == done.check_id).values(last_id=done.id))


def note_told(tx: Tx, states: Mapping[str, State], now: datetime) -> None:
    """How these are was told."""
    for check_id, state in states.items():
        told = {"told": state.value, "told_at": now}
        tx.execute(update(t.station_check).where(_C.id == check_id).values(**told))


def history(tx: Tx, check_id: str, before: datetime | None, *, limit: int) -> list[Done]:
    """When one was done, the newest first."""
    query = select(t.check_done).where(_D.check_id == check_id)
    if before is not None:
        query = query.where(_D.at < before)
    return found(tx, query.order_by(_D.at.desc(), _D.id.desc()).limit(limit), Done)


def between(tx: Tx, since: datetime, until: datetime) -> list[Done]:
    """All that was done from ``since`` until before ``until``, by time."""
    query = select(t.check_done).where(_D.at >= since, _D.at < until)
    return found(tx, query.order_by(_D.at, _D.id), Done)
