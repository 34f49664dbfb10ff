"""The logbook and its seals (invariant 6)."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from callflow.core.records.logbook import COVERED, FOR_EVER, MACHINE
from callflow.storage.schema.base import instant, metadata

#: Entries of people, as the index on them says it.
BY_PEOPLE = text(f"who <> '{MACHINE}'")

#: Entries of no incident that say something, as the index on their age says it.
_SILENT = ", ".join(f"'{kind}'" for kind in (COVERED, *FOR_EVER))
UNCOVERED = text(f"incident IS NULL AND kind NOT IN ({_SILENT})")

logbook = Table(
    "logbook",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("chain", String(80), nullable=False),
    Column("seq", Integer, nullable=False),
    instant("at", null=False, index=True),
    Column("site", String(64), nullable=True),
    Column("incident", String(64), nullable=True, index=True),
    Column("who", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("salt", String(16), nullable=False, server_default=""),  # random; erased with a person
    # The MAC of a kind of ``PROVEN``, "" of others; null: written before there were any.
    Column("mac", String(64), nullable=True),
    # Not unique: what is told must not be refused because of what somebody put there before.
    Index("ix_logbook_chain_seq", "chain", "seq"),
    # A site's in their order: a page of three years shows some dozens.
    Index("ix_logbook_site_at", "site", "at"),
    # Entries of some kinds in their order, among very many others: the audit.
    Index("ix_logbook_kind_at", "kind", "at"),
    # People's acts, among very many of the machine's: when somebody was there last.
    Index(
        "ix_logbook_people",
        "who",
        "at",
        sqlite_where=BY_PEOPLE,
        postgresql_where=BY_PEOPLE,
    ),
    # What the day's chains tell, by age: when its time is over it leaves the index.
    Index(
        "ix_logbook_uncovered",
        "incident",  # null; SQLite would take the index of the incidents else
        "at",
        sqlite_where=UNCOVERED,
        postgresql_where=UNCOVERED,
    ),
)

chain_head = Table(
    "chain_head",
    metadata,
    Column("chain", String(80), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
    Column("sealed", Boolean, nullable=False, index=True),
)

seal = Table(
    "seal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # one after the other
    instant("at", null=False),
    Column("heads", JSON, nullable=False),  # [[chain, seq, hash], ...] changed since the last
    Column("mac", String(64), nullable=False),  # covers the previous seal's mac too
)
