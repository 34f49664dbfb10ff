"""An INSERT that may meet a row that is there: SQLite's and PostgreSQL's are two classes."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite


def insert_into(dialect: str, table: Any) -> sqlite.Insert | postgresql.Insert:
    """``INSERT INTO table`` of this dialect, which takes ``on_conflict_do_…``."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
