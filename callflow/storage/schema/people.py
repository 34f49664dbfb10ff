"""What is agreed for a site for a while."""

from sqlalchemy import JSON, Column, Index, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: Provisional instructions: callflow/core/sites/instructions.py. Whether one counts follows from
#: its times.
instruction = Table(
    "instruction",
    metadata,
    id_column(),
    reference("site_id", "site.id", index=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("plan", String(64), nullable=True),
    Column("kinds", JSON, nullable=False, server_default="[]"),
    reference("contact_id", "contact.id", null=True),
    reference("replacement_id", "contact.id", null=True),
    Column("phone", String(32), nullable=True),
    Column("voice", String(120), nullable=True),  # spoken.name: it was said on the phone
    Column("lowers", JSON, nullable=False, server_default="[]"),  # why it lowers protection
    instant("begins_at", null=False),
    instant("ends_at", null=False),
    Column("author", Text, nullable=False),
    reference("asked_by", "contact.id", null=True),  # the contact who asked its author for it
    instant("made_at", null=False),
    Column("transcriber", Text, nullable=True),  # who listened to it and wrote it down
    instant("transcribed_at"),
    Column("signer", Text, nullable=True),
    instant("signed_at"),
    Column("withdrawn_by", Text, nullable=True),
    instant("withdrawn_at"),
    Index("ix_instruction_site", "site_id", "ends_at"),
    Index("ix_instruction_ends_at", "ends_at"),
)
