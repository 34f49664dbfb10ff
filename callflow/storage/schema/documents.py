"""What was laid out and kept: reports, letters, evidence; texts of letters that a station wrote."""

from sqlalchemy import Column, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, partial, reference

#: A document on the disk (callflow/core/records/documents.py).
document = Table(
    "document",
    metadata,
    id_column(),
    reference("incident_id", "incident.id", null=True),
    reference("site_id", "site.id", null=True),
    Column("kind", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("name", Text, nullable=False),  # its file's, for people
    Column("path", Text, nullable=False),  # relative to the documents folder; "": deleted
    Column("sha256", String(64), nullable=True),
    Column("size", Integer, nullable=False),  # bytes
    Column("stills", Integer, nullable=False, server_default="0"),  # images of cameras in it
    Column("made_by", Text, nullable=False),
    instant("made_at", null=False),
    partial("ix_document_kept", "path <> ''", "made_at"),
)

#: A text with blanks (callflow/core/records/letters.py); none: the standard one is sent.
letter = Table(
    "letter",
    metadata,
    Column("id", String(40), primary_key=True),  # kind.language
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    instant("set_at", null=False),
)
