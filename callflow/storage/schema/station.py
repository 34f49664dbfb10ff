"""The people of the station, its settings and its processes."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table, Text

from callflow.storage.schema.base import id_column, instant, metadata, reference

user = Table(
    "user_account",
    metadata,
    id_column(),
    Column("name", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password", Text, nullable=False),  # argon2
    Column("language", String(8), nullable=False),
    instant("created_at", null=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    reference("user_id", "user_account.id"),
    Column("csrf", String(64), nullable=False),
    instant("created_at", null=False),
    instant("expires_at", null=False),
)

api_token = Table(
    "api_token",
    metadata,
    id_column(),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    instant("created_at", null=False),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

#: One row a process: several may have one role, on one machine or on several.
process = Table(
    "process",
    metadata,
    Column("name", String(192), primary_key=True),  # dispatch/identity.py
    Column("role", String(32), nullable=False, index=True),
    Column("node", String(32), nullable=False),
    Column("host", String(64), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("restarts", Integer, nullable=False),
    Column("state", JSON, nullable=False),
    instant("since", null=False),
    instant("steady_since", null=False),  # since then its beats came without a gap
    instant("beat_at", null=False),
)
