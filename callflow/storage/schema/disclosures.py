"""Evidence files: who asked for one, why, and what was handed over."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata

#: It outlives the alarm (no reference): whoever was given what must be known as long as it counts.
disclosure = Table(
    "disclosure",
    metadata,
    id_column(),
    Column("incident_id", String(64), nullable=False, index=True),
    Column("requester", String(16), nullable=False),  # masking.Requester
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("recordings", String(8), nullable=False),  # disclosure.Include
    Column("images", String(8), nullable=False),
    Column("also", JSON, nullable=False),  # [masking.Third, ...]
    Column("words", JSON, nullable=False),  # [masked beyond the rule, ...]
    Column("asked_by", Text, nullable=False),
    instant("asked_at", null=False, index=True),
    # Of the latest file that was made of it.
    instant("made_at"),
    Column("size", BigInteger, nullable=True),
    Column("sha256", String(64), nullable=True),
    Column("masked", Integer, nullable=True),
    Column("left_out", Integer, nullable=True),
    Column("stamped", Boolean, nullable=False),
)
