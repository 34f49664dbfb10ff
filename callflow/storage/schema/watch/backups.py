"""Backups of the station, and drills of them."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata

#: One that was begun: without an end it is under way, or was cut.
backup_run = Table(
    "backup_run",
    metadata,
    id_column(),
    Column("what", String(16), nullable=False),  # backup, drill
    Column("folder", Text, nullable=False),
    instant("begun_at", null=False, index=True),
    instant("ended_at"),
    instant("made_at"),  # the instant that the backup is of
    Column("size", BigInteger, nullable=False),
    Column("files", Integer, nullable=False),
    Column("problem", Text, nullable=False),
)
