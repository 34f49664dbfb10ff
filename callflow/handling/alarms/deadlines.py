"""Deciding what fell due, by whichever process comes first."""

from datetime import datetime

from callflow.handling.alarms.deciding import decide
from callflow.storage import Tx
from callflow.storage.alarms import incidents


def decide_due(tx: Tx, incident_id: str, now: datetime) -> datetime | None:
    """Decide an incident that is due; since when it was. None where it isn't (any more), or another
    does it now."""
    since = incidents.take_due(tx, incident_id, now)
    if since is not None:
        decide(tx, incident_id, now)
    return since
