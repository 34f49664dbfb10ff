"""The job engine's own tables, made by ``db upgrade`` in the same database (PostgreSQL)."""

from typing import Any

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection

#: How its tables' names begin.
PREFIX = "procrastinate_"


def create(connection: Connection) -> None:
    """Procrastinate's schema, in the transaction of a migration. Nothing on SQLite."""
    if connection.dialect.name == "sqlite":
        return
    raw: Any = connection.connection.driver_connection
    raw.execute(SchemaManager.get_schema())
