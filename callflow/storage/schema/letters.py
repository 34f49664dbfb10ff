"""Texts of letters that a station wrote itself."""

from sqlalchemy import Column, String, Table, Text

from callflow.storage.schema.base import instant, metadata

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
