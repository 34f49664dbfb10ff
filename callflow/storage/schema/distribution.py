"""Who is to be called back: somebody who waited on the line and was answered by nobody."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

call_back = Table(
    "call_back",
    metadata,
    id_column(),
    Column("number", String(32), nullable=False),  # "": all those beyond the bound, counted only
    # The number again while it is open: one task a number, whoever of two writers was faster.
    Column("open_for", String(32), nullable=True, unique=True),
    reference("incident_id", "incident.id", null=True),  # of the caller's site, as it was then
    # What was left on the phone and waits for a person; ``open_for`` is its id then.
    reference("instruction_id", "instruction.id", null=True),
    Column("called", Integer, nullable=False),  # how often they called
    instant("first_at", null=False),
    instant("last_at", null=False),
    instant("due_at", index=True),  # when it comes back louder
    Column("level", Integer, nullable=False),  # how often it did
    Column("holder", String(64), nullable=True),
    Column("tried", Integer, nullable=False),  # how often we called back
    Column("call_id", String(64), nullable=True),  # the last of those calls
    instant("ended_at"),
    Column("result", String(16), nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_call_back_open", "ended_at", "first_at"),
)
