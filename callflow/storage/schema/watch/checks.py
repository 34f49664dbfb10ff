"""Checks and drills of the station: what is to be done how often, and each time that it was."""

from sqlalchemy import Boolean, Column, Float, Index, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

#: ``title`` and ``text`` are empty where they are those of the usual list.
station_check = Table(
    "station_check",
    metadata,
    id_column(),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("period", String(16), nullable=False),
    Column("who", String(16), nullable=False),
    Column("proof", String(16), nullable=False),
    Column("unit", String(16), nullable=False),
    Column("lowest", Float, nullable=True),
    Column("highest", Float, nullable=True),
    Column("source", String(16), nullable=True),
    Column("subject", String(64), nullable=False),
    instant("since", null=False),
    instant("retired_at"),
    Column("changed_by", Text, nullable=False),
    Column("told", String(16), nullable=True),
    instant("told_at"),
    Column("last_id", String(64), nullable=True),  # of check_done, the newest
)

#: Kept as long as the logbook. ``by`` "": the machine saw it.
check_done = Table(
    "check_done",
    metadata,
    id_column(),
    reference("check_id", "station_check.id", index=False),
    instant("at", null=False, index=True),
    Column("by", Text, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("figure", Float, nullable=True),
    Column("unit", String(16), nullable=False),
    Column("remark", Text, nullable=False),
    reference("document_id", "document.id", null=True, index=False),
    Column("late", Boolean, nullable=False),
    Index("ix_check_done_check_id_at", "check_id", "at"),
)
