"""The station's organs: how each is, what probes found, its history, who looks after it."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from callflow.storage.schema.base import UtcDateTime, id_column, instant, metadata

#: Since when each organ is as it is, and the alarm it raised (callflow/core/watch/failures.py).
organ = Table(
    "organ",
    metadata,
    Column("key", String(256), primary_key=True),
    Column("state", String(16), nullable=False),
    instant("since", null=False),
    Column("alarm", Integer, nullable=False, server_default="0"),
    instant("alarm_at"),
)

#: What a probe found last (callflow/core/watch/readings.py).
reading = Table(
    "reading",
    metadata,
    Column("key", String(256), primary_key=True),
    Column("part", String(16), nullable=False),
    Column("name", String(128), nullable=False),
    Column("node", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("detail", Text, nullable=False),
    Column("figure", Float, nullable=True),
    Column("unit", String(16), nullable=False),
    Column("limit", Float, nullable=True),
    instant("at", null=False),
    instant("valid_until", null=False),
    Column("vital", Boolean, nullable=False),
    Column("elsewhere", Boolean, nullable=False),
)

#: An organ's history (callflow/core/watch/trends.py).
organ_point = Table(
    "organ_point",
    metadata,
    Column("key", String(256), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("figure", Float, nullable=True),
    Column("changed", Boolean, nullable=False),
    Index("ix_organ_point_at", "at"),
)

#: What an organ's failure costs and who looks after it (callflow/core/watch/care.py).
organ_care = Table(
    "organ_care",
    metadata,
    Column("part", String(16), primary_key=True),
    Column("name", String(128), primary_key=True),  # "": every one of the part
    Column("cost", Text, nullable=False),
    Column("keeper", String(64), nullable=False),
    Column("phone", String(32), nullable=False),
)

#: A probe that an administrator set (callflow/core/watch/probes.py).
probe = Table(
    "probe",
    metadata,
    id_column(),
    Column("name", String(64), nullable=False),
    Column("part", String(16), nullable=False),
    Column("means", String(16), nullable=False),
    Column("target", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("source", String(64), nullable=False),
    Column("every", Integer, nullable=False),  # seconds
    Column("warn", Float, nullable=True),
    Column("fail", Float, nullable=True),
    Column("below", Boolean, nullable=False),
    Column("unit", String(16), nullable=False),
    Column("vital", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("secret", Text, nullable=False),  # encrypted; "" is none
    UniqueConstraint("part", "name"),
)
