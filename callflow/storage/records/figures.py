"""What statistics count: the course of an incident, as its rows tell it, and what was made of it.

Nothing here is written by an alarm. The follower (``handling.records.figures``) goes along the
logbook's numbers, since whatever happens to an incident is told there in the same transaction; what
it has not come to yet is found in the same way and counted as it is read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from callflow.core.records.figures import (
    OWN_CALLS,
    TOLD,
    Course,
    IncidentFigure,
    OperatorFigure,
    Told,
)
from callflow.core.records.logbook import MACHINE, chain_of
from callflow.core.signals.signal import Category, Kind
from callflow.storage import schema as t
from callflow.storage.engine.inserts import insert_into
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first

_L, _I, _S, _C = t.logbook.c, t.incident.c, t.signal.c, t.call.c


@dataclass(frozen=True, slots=True)
class Follower:
    """How far is followed: the logbook until the entry ``entry``; of the incidents that were there
    before it began those until ``incident`` (None: all); the calls that ended before ``hour``
    (hours since 1970, UTC)."""

    entry: int
    incident: str | None
    hour: int
    at: datetime


NAME = "figures"


def follower(tx: Tx, *, lock: bool = False) -> Follower | None:
    """How far it is; None: it has not begun. ``lock`` keeps others from going on (PostgreSQL)."""
    c = t.follower.c
    query = select(c.entry, c.incident, c.hour, c.at).where(c.name == NAME)
    return first(tx, query.with_for_update() if lock else query, Follower)


def note(tx: Tx, now: Follower) -> None:
    """It is so far."""
    row = {"name": NAME, **columns(now)}
    made = insert_into(tx.dialect.name, t.follower).values(**row)
    changed = {name: made.excluded[name] for name in columns(now)}
    tx.execute(made.on_conflict_do_update(index_elements=["name"], set_=changed))


# --- what happened ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """Incidents that entries tell of, and the last of these entries."""

    incidents: tuple[str, ...]
    entry: int


def changed(tx: Tx, after: int, until: int, limit: int) -> Changed:
    """What the next ``limit`` entries after ``after`` tell of, none later than ``until``."""
    query = select(_L.number, _L.incident).where(_L.number > after, _L.number <= until)
    rows = tx.execute(query.order_by(_L.number).limit(limit)).all()
    found = dict.fromkeys(str(row.incident) for row in rows if row.incident is not None)
    return Changed(tuple(found), int(rows[-1].number) if rows else after)


#: Entries beyond the follower's that a page goes through.
_LIVE = 50_000


def since(tx: Tx, entry: int) -> tuple[list[str], bool]:
    """The incidents that entries after ``entry`` tell of, the newest first; False where there are
    more entries than are gone through."""
    some = select(_L.incident).where(_L.number > entry).order_by(_L.number.desc()).limit(_LIVE)
    found = list(tx.execute(some).scalars())
    return list(dict.fromkeys(id for id in found if id is not None)), len(found) < _LIVE


def next_incidents(tx: Tx, after: str, limit: int) -> list[str]:
    """The incidents that follow in the order of their ids."""
    query = select(_I.id).where(_I.id > after).order_by(_I.id).limit(limit)
    return list(tx.execute(query).scalars())


#: Incidents that one look asks for.
_AT_ONCE = 500


def courses(tx: Tx, incident_ids: Sequence[str]) -> list[Course]:
    """What happened to these; rehearsals are left out."""
    parts = (incident_ids[at : at + _AT_ONCE] for at in range(0, len(incident_ids), _AT_ONCE))
    return [course for part in parts for course in _courses(tx, list(part))]


def _courses(tx: Tx, ids: list[str]) -> list[Course]:
    query = select(
        *(_I.id, _I.site_id, _I.account, _I.kind, _I.category, _I.duress),
        *(_I.opened_at, _I.closed_at, _I.resolution_code),
    ).where(_I.id.in_(ids), _I.exercise.is_(False))
    rows = tx.execute(query).all()
    signals, called = _first_signals(tx, ids), _first_calls(tx, ids)
    verified, told = _verified(tx, ids), _told(tx, ids)
    return [
        Course(
            incident_id=row.id,
            site_id=row.site_id,
            account=row.account,
            zone=signals[row.id].zone if row.id in signals else "",
            kind=Kind(row.kind),
            category=Category(row.category),
            duress=row.duress,
            received_at=signals[row.id].received_at if row.id in signals else row.opened_at,
            closed_at=row.closed_at,
            resolution=(row.resolution_code or "") if row.closed_at else "",
            called_at=called.get(row.id),
            verified_at=verified.get(row.id),
            told=told.get(row.id, ()),
        )
        for row in rows
    ]


def _first_signals(tx: Tx, ids: list[str]) -> dict[str, Any]:
    """{incident: the row of the signal that was stored first}."""
    lowest = select(func.min(_S.number)).where(_S.incident_id.in_(ids)).group_by(_S.incident_id)
    numbers = list(tx.execute(lowest).scalars())
    query = select(_S.incident_id, _S.received_at, _S.zone).where(_S.number.in_(numbers))
    return {row.incident_id: row for row in tx.execute(query)}


def _first_calls(tx: Tx, ids: list[str]) -> dict[str, datetime]:
    query = (
        select(_C.incident_id, func.min(_C.placed_at).label("at"))
        .where(_C.incident_id.in_(ids), _C.direction == "outgoing", _C.step.not_in(OWN_CALLS))
        .group_by(_C.incident_id)
    )
    return {row.incident_id: row.at for row in tx.execute(query) if row.at is not None}


def _verified(tx: Tx, ids: list[str]) -> dict[str, datetime]:
    c = t.verification.c
    query = select(c.incident_id, func.min(c.at).label("at")).where(c.incident_id.in_(ids))
    return {row.incident_id: row.at for row in tx.execute(query.group_by(c.incident_id))}


def _told(tx: Tx, ids: list[str]) -> dict[str, list[Told]]:
    chains = [chain_of(incident) for incident in ids]
    query = (
        select(_L.incident, _L.at, _L.kind, _L.who, _L.data)
        .where(_L.chain.in_(chains), _L.incident.is_not(None), _L.kind.in_(TOLD))
        .order_by(_L.number)
    )
    found: dict[str, list[Told]] = {}
    for row in tx.execute(query):
        by = row.who if row.who != MACHINE else ""
        if row.kind == "transferred":
            by = str(row.data.get("to", ""))
        undone = str(row.data.get("undone", ""))
        found.setdefault(row.incident, []).append(Told(row.at, row.kind, by, undone))
    return found


# --- what was made of it ------------------------------------------------------------------


def replace_all(
    tx: Tx,
    incident_ids: Iterable[str],
    incidents: Sequence[IncidentFigure],
    operators: Sequence[OperatorFigure],
) -> None:
    """These incidents are counted so from now on; one that is gone is counted no more."""
    ids = list(incident_ids)
    for table in (t.operator_figure, t.incident_figure):
        tx.execute(delete(table).where(table.c.incident_id.in_(ids)))
    there = set(tx.execute(select(_I.id).where(_I.id.in_(ids))).scalars())
    for table, made in ((t.incident_figure, incidents), (t.operator_figure, operators)):
        rows = [asdict(one) for one in made if one.incident_id in there]
        if rows:
            tx.execute(table.insert(), rows)
