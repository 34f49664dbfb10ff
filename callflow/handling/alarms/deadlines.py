"""Deciding what fell due, by whichever process comes first."""

from __future__ import annotations

from datetime import datetime

from callflow.handling.alarms.deciding import decide
from callflow.storage import Tx
from callflow.storage.alarms import incidents


def decide_due(tx: Tx, incident_id: str, now: datetime) -> bool:
    """Decide an incident that is due; False where it isn't (any more), or another does it now."""
    if not incidents.take_due(tx, incident_id, now):
        return False
    decide(tx, incident_id, now)
    return True
