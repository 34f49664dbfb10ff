"""An entry of the logbook is corrected by one that follows it, never changed (D27, *rectificatif*).

Both stay, in their chains: the first is shown struck through with what corrects it.
"""

from datetime import datetime

from callflow.core.records.logbook import COVERED, PROVEN
from callflow.core.time.instants import to_iso
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.records import logbook

#: Kinds that say nothing, or vouch for others: nobody corrects these.
_FIXED = frozenset({COVERED, *PROVEN})


def correct(tx: Tx, entry_id: str, text: str, by: str, now: datetime) -> None:
    """``by`` says what an entry should have said. Raises NotFound, Refused."""
    entry = logbook.get(tx, entry_id)
    if entry is None:
        raise NotFound("there is no such entry")
    if entry.kind in _FIXED:
        raise Refused("this entry proves others: nobody corrects it")
    if not text.strip():
        raise Refused("write what the entry should have said")
    incident = incidents.get(tx, entry.incident) if entry.incident else None
    told = {"since": to_iso(entry.at), "corrects": entry.id, "note": text.strip()}
    of = {} if incident else {"site": entry.site}
    tell(tx, "corrected", now, incident, who_did=by, **told, **of)
