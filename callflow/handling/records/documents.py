"""Documents kept: a row and its entry in the logbook, once the file is on the disk."""

from datetime import datetime, timedelta
from typing import Any

from callflow.core.records.documents import Document
from callflow.core.records.reports.widths import Width
from callflow.handling.base.telling import storable, tell
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.storage.records import documents, logbook

#: A viewer asks for one file again and again.
_AGAIN = timedelta(minutes=10)


def keep(tx: Tx, document: Document, now: datetime) -> None:
    """A document was made, and its file is on the disk (``callflow.paper.shelf``)."""
    documents.insert(tx, document)
    _tell(tx, "document_made", document, document.made_by, now, sha256=document.sha256)


def is_open(tx: Tx, document_id: str, who: str, now: datetime) -> bool:
    """True where it was told already that ``who`` reads this document."""
    lately = logbook.of_kinds(
        tx, ["document_opened"], since=now - _AGAIN, until=now + _AGAIN, who=who, limit=100
    )
    return any(entry.data["document"] == document_id for entry in lately.entries)


def opened(tx: Tx, document: Document, who: str, now: datetime) -> None:
    """``who`` reads a document that is kept."""
    if not is_open(tx, document.id, who, now):
        _tell(tx, "document_opened", document, who, now)


def is_seen(tx: Tx, incident_id: str, width: Width, who: str, now: datetime) -> bool:
    """True where it was told already that ``who`` reads this report."""
    of: dict[str, Any] = dict(incident=incident_id, who=who, limit=100)
    lately = logbook.of_kinds(tx, ["report_seen"], since=now - _AGAIN, until=now + _AGAIN, **of)
    return any(entry.data["paper"] == f"report_{width}" for entry in lately.entries)


def seen(tx: Tx, incident_id: str, width: Width, who: str, now: datetime) -> None:
    """``who`` has an alarm's report made, to read it."""
    if not is_seen(tx, incident_id, width, who, now):
        told = {"paper": f"report_{width}", "by": who, "who_did": who}
        tell(tx, "report_seen", now, incidents.get(tx, incident_id), **told)


def _tell(tx: Tx, kind: str, document: Document, who: str, now: datetime, /, **more: Any) -> None:
    told = {"document": document.id, "paper": document.kind.value, "by": who, "who_did": who}
    told |= {"name": storable(document.name), **more}
    incident = incidents.get(tx, document.incident_id) if document.incident_id else None
    if incident is None:
        tell(tx, kind, now, site=document.site_id, **told)
    else:
        tell(tx, kind, now, incident, **told)
