"""Rows of documents."""

from sqlalchemy import select

from callflow.core.records.documents import Document, DocumentKind
from callflow.storage import schema as t
from callflow.storage.engine.store import Tx
from callflow.storage.engine.values import columns, first, found

_C = t.document.c


def insert(tx: Tx, document: Document) -> None:
    """One was made."""
    tx.execute(t.document.insert(), columns(document))


def get(tx: Tx, document_id: str) -> Document | None:
    """One of them."""
    return first(tx, select(t.document).where(_C.id == document_id), Document)


def of_incident(tx: Tx, incident_id: str) -> list[Document]:
    """Those of an incident, oldest first."""
    query = select(t.document).where(_C.incident_id == incident_id)
    return found(tx, query.order_by(_C.made_at, _C.id), Document)


def of_kind(tx: Tx, kind: DocumentKind, *, limit: int) -> list[Document]:
    """The newest of one kind, newest first."""
    query = select(t.document).where(_C.kind == kind.value)
    return found(tx, query.order_by(_C.made_at.desc(), _C.id.desc()).limit(limit), Document)


def kept(tx: Tx) -> list[Document]:
    """Every one that has a file."""
    return found(tx, select(t.document).where(_C.path != "").order_by(_C.made_at), Document)
