"""The logbook and its seals (invariant 6)."""

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    event,
    text,
)

from callflow.core.records.logbook import COVERED, FOR_EVER, MACHINE
from callflow.storage.schema.base import instant, metadata, partial

#: Entries of people, as the index on them says it.
BY_PEOPLE = text(f"who <> '{MACHINE}'")

#: Kinds of which every alarm tells, or what is left of one: by these nobody looks for an entry.
COMMON = (
    *("signal", "step", "call_requested", "call_placed", "call_answered", "call_result"),
    *("call_ended", "incident_opened", "human", "closed", "filed", "awaiting_normal", COVERED),
)
#: Entries of all other kinds, as the index on kinds says it. One by one: of a list SQLite makes a
#: table for each row that is written.
RARE = text(" AND ".join(f"kind <> '{kind}'" for kind in COMMON))

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
    Column("incident", String(64), nullable=True),  # its chain is found by the chain's name
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
    partial("ix_logbook_kind_at", RARE, "kind", "at"),
    # People's acts, among very many of the machine's: when somebody was there last.
    partial("ix_logbook_people", BY_PEOPLE, "who", "at"),
    # What the day's chains tell, by age: when its time is over it leaves the index.
    partial("ix_logbook_uncovered", UNCOVERED, "incident", "at"),
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

#: How far the index of words is (``callflow.storage.records.words``), in one row. The index itself,
#: ``logbook_words``, is SQLite's FTS5 or has PostgreSQL's tsvector, and is nobody's record.
logbook_index = Table(
    "logbook_index",
    metadata,
    Column("id", Integer, primary_key=True),  # 1
    # Entries up to this number are in it.
    Column("position", BigInteger, nullable=False),
    # Changes with every entry that loses its words, so that none comes in that was read before.
    Column("generation", Integer, nullable=False),
)
#: How the names of the index and of its own tables begin.
WORDS = "logbook_words"
#: What makes it, by the database.
_MADE = {
    "sqlite": f"CREATE VIRTUAL TABLE {WORDS} USING fts5"
    "(words, columnsize=0, tokenize=\"ascii tokenchars ':'\")",
    "postgresql": f"CREATE TABLE {WORDS} (number bigint PRIMARY KEY, words tsvector NOT NULL);"
    f"CREATE INDEX ix_{WORDS} ON {WORDS} USING gin (words) WITH (fastupdate = off)",
}
for _dialect, _statement in _MADE.items():
    _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
    event.listen(logbook_index, "after_create", _ddl.execute_if(dialect=_dialect))

#: The station's own codes for what is written again and again: callflow/core/records/mnemonics.py.
mnemonic = Table(
    "mnemonic",
    metadata,
    Column("code", String(8), primary_key=True),
    Column("text", Text, nullable=False),  # "": the product's own is taken away
    Column("kinds", JSON, nullable=False),  # alarms that it is offered first for
)
