"""Who reads the audit is told too, once a visit."""

from __future__ import annotations

from datetime import datetime, timedelta

from callflow.handling.telling import tell
from callflow.storage import Tx, logbook

#: Pages of one visit.
_AGAIN = timedelta(minutes=30)


def is_visiting(tx: Tx, who: str, now: datetime) -> bool:
    """Whether it was told already that ``who`` reads the audit now."""
    since = now - _AGAIN
    return bool(logbook.of_kinds(tx, ["audit_read"], since=since, until=now, who=who, limit=1))


def audit_read(tx: Tx, who: str, now: datetime) -> None:
    """``who`` begins to read the audit."""
    if not is_visiting(tx, who, now):
        tell(tx, "audit_read", now, by=who, who_did=who)
