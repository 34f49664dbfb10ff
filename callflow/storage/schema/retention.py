"""How long what alarms leave is kept, what must be kept longer, and files that are to go."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: For how long something is kept, from when on (callflow/core/records/retention.py).
retention = Table(
    "retention",
    metadata,
    id_column(),
    Column("what", String(16), nullable=False),
    Column("days", Integer, nullable=False),
    instant("since", null=False),
    Column("set_by", Text, nullable=False),
    instant("set_at", null=False),
)

#: Nothing of this alarm is deleted until it is lifted.
legal_hold = Table(
    "legal_hold",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    Column("reason", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    instant("placed_at", null=False),
    Column("lifted_by", Text, nullable=True),
    instant("lifted_at"),
    Index("ix_legal_hold_lifted_at", "lifted_at"),
)

#: A file whose row no longer names it: whoever has it on the disk deletes it, then this row.
doomed_file = Table(
    "doomed_file",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("folder", String(16), nullable=False),  # recordings, images, documents
    Column("node", String(32), nullable=False),  # whose disk; "": any machine's
    Column("path", Text, nullable=False),  # relative to the folder
    instant("since", null=False),
)
