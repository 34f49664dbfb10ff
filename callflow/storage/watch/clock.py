"""The database's own clock, which all machines have in common."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, func, select, type_coerce

from callflow.storage.engine.prepared import Prepared
from callflow.storage.engine.store import Tx

_NOW = Prepared(select(type_coerce(func.clock_timestamp(), DateTime(timezone=True)).label("now")))


def now(tx: Tx) -> datetime | None:
    """Its instant, UTC; None where it has none of its own."""
    if tx.dialect.name == "sqlite":
        return None
    row = _NOW.first(tx, {})
    assert row is not None, "it always answers"
    found: datetime = row["now"]
    return found.astimezone(UTC)
