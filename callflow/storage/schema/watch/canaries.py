"""Calls of the station to itself."""

from sqlalchemy import Boolean, Column, Float, String, Table

from callflow.storage.schema.base import id_column, instant, metadata

#: One that is under way has not been settled; its id is its placed call's.
canary = Table(
    "canary",
    metadata,
    id_column(),
    Column("trunk", String(16), nullable=False),
    Column("node", String(32), nullable=False),
    instant("asked_at", null=False, index=True),
    Column("arrived", String(128), nullable=False),
    Column("shown", String(32), nullable=False),
    Column("proved", Boolean, nullable=False),
    Column("heard_out", Float),  # seconds
    Column("heard_in", Float),  # seconds
    instant("settled_at"),
    Column("state", String(16)),
    Column("reason", String(32)),
)
