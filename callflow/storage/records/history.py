"""What happened, table by table, for whoever takes a station over: no secret is in it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from callflow.storage import schema as t
from callflow.storage.engine.store import Tx

#: {table: its columns that are only the machine's own, or confidential}.
TABLES: Mapping[str, frozenset[str]] = {
    "logbook": frozenset({"mac", "salt"}),
    "signal": frozenset({"deduplication", "rank"}),
    "incident": frozenset({"plan", "rounds", "wish", "machine_due", "version"}),
    "call": frozenset({"dialogue", "tried", "progress", "wanted"}),
    "recording": frozenset(),
    "spoken": frozenset(),
    "image": frozenset({"link"}),
    "document": frozenset(),
    "charge": frozenset(),
    "contract_change": frozenset(),
    "former_contact": frozenset(),
    "instruction": frozenset(),
    "measure": frozenset(),
    "fault": frozenset(),
    "verification": frozenset(),
    "service_call": frozenset({"number"}),
    "visit": frozenset(),
    "shift": frozenset(),
}


def page(tx: Tx, *, table: str, after: Any, limit: int) -> tuple[list[dict[str, Any]], Any]:
    """The next rows of one of ``TABLES`` by its key, and the last one's; ``after``: None at first.
    Times are UTC."""
    columns = t.metadata.tables[table].c
    (key,) = t.metadata.tables[table].primary_key.columns
    query = select(*(c for c in columns if c.name not in TABLES[table])).order_by(key).limit(limit)
    if after is not None:
        query = query.where(key > after)
    rows = [dict(row._mapping) for row in tx.execute(query)]
    return rows, rows[-1][key.name] if rows else None
