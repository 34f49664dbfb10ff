"""An incident as a test needs it, in no database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.signals.signal import Category, Kind

_OPENED_AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def an_incident(**fields: Any) -> Incident:
    """An intrusion at site 1002 that was opened just now, with these ``fields`` otherwise."""
    usual: dict[str, Any] = {
        "id": "i1",
        "site_id": "1002",
        "account": "1002",
        "kind": Kind.INTRUSION,
        "category": Category.SECURITY,
        "priority": 2,
        "zones": {"3": "alarm"},
        "plan": {},
        "opened_at": _OPENED_AT,
    }
    return Incident(**{**usual, **fields})
