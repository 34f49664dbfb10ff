"""Rows of signals: a bulk insert with a unique deduplication key, claimed later to correlate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from callflow.storage import schema as t
from callflow.storage.store import Tx, hint


def insert(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Insert ``rows``; one whose deduplication key is there already is left out."""
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    statement = make(t.signal).on_conflict_do_nothing(index_elements=["deduplication"])
    tx.execute(statement, list(rows))
    hint(tx, "engine")


def by_deduplication(tx: Tx, key: str) -> str | None:
    """The id of the signal stored under ``key``."""
    return tx.execute(select(t.signal.c.id).where(t.signal.c.deduplication == key)).scalar()


def get(tx: Tx, signal_id: str) -> dict[str, Any] | None:
    """One signal's row."""
    row = tx.execute(select(t.signal).where(t.signal.c.id == signal_id)).first()
    return dict(row._mapping) if row else None


def of_incidents(tx: Tx, incident_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """{incident id: its signals, oldest first}, for lists."""
    found: dict[str, list[dict[str, Any]]] = {i: [] for i in incident_ids}
    c = t.signal.c
    query = select(t.signal).where(c.incident_id.in_(list(incident_ids))).order_by(c.number)
    for row in tx.execute(query):
        found[row.incident_id].append(dict(row._mapping))
    return found


def recent(tx: Tx, since: datetime) -> list[tuple[str, datetime]]:
    """(deduplication key, time) of the signals received since then."""
    c = t.signal.c
    query = select(c.deduplication, c.received_at).where(c.received_at >= since)
    return [(row.deduplication, row.received_at) for row in tx.execute(query)]


_CORRELATION = 0x0CA11F11  # PostgreSQL's advisory lock


def lock_correlation(tx: Tx) -> None:
    """One correlation at a time, until the commit: two would both open a site's incident."""
    if tx.dialect.name != "sqlite":  # its writer is alone anyway
        tx.execute(select(func.pg_advisory_xact_lock(_CORRELATION)))


def backlog(tx: Tx, *, limit: int) -> list[dict[str, Any]]:
    """Signals not yet correlated, vital first, then as they came."""
    query = (
        select(t.signal)
        .where(t.signal.c.correlated_at.is_(None))
        .order_by(t.signal.c.rank, t.signal.c.number)
        .limit(limit)
    )
    return [dict(row._mapping) for row in tx.execute(query)]


def backlog_size(tx: Tx) -> int:
    """How many signals wait to be correlated."""
    query = select(func.count()).select_from(t.signal).where(t.signal.c.correlated_at.is_(None))
    return int(tx.execute(query).scalar_one())


def mark_correlated(tx: Tx, links: Iterable[tuple[str, str | None, str]], now: datetime) -> None:
    """Write (signal id, incident id, kind) of signals that were correlated."""
    rows = [{"b_id": i, "b_incident": incident, "b_kind": kind} for i, incident, kind in links]
    if rows:
        tx.execute(
            update(t.signal)
            .where(t.signal.c.id == bindparam("b_id"))
            .values(
                incident_id=bindparam("b_incident"), kind=bindparam("b_kind"), correlated_at=now
            ),
            rows,
        )


def page(
    tx: Tx,
    *,
    account: str | None = None,
    incident: str | None = None,
    since: datetime | None = None,
    after: int = 0,
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Stored signals, oldest first."""
    c = t.signal.c
    query = select(t.signal).where(c.number > after).order_by(c.number).limit(limit)
    if account is not None:
        query = query.where(c.account == account)
    if incident is not None:
        query = query.where(c.incident_id == incident)
    if since is not None:
        query = query.where(c.received_at >= since)
    return [dict(row._mapping) for row in tx.execute(query)]
