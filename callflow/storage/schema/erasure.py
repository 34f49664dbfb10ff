"""People who are being taken out of everything, or were (GDPR, art. 17)."""

from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata

erasure = Table(
    "erasure",
    metadata,
    id_column(),  # what stands instead of the contact's id from now on
    instant("begun_at", null=False),
    Column("begun_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("person", LargeBinary, nullable=True),  # whom to look for; encrypted; null once done
    Column("sites", JSON, nullable=False),  # [site id, ...] where they had a part
    Column("calls", JSON, nullable=False),  # [call id, ...] whose recordings go
    Column("paths", JSON, nullable=False),  # [path, ...] in the recordings folder, of any node
    Column("position", JSON, nullable=False),  # [table, *key]: where the sweep goes on
    Column("found", Boolean, nullable=False),  # in this round: then there is another
    Column("rows", Integer, nullable=False),  # changed so far
    Column("entries", Integer, nullable=False),  # of the logbook among them
    Column("nodes", JSON, nullable=False),  # [node, ...] that let go of their files
    instant("swept_at"),
    instant("done_at", index=True),
)
