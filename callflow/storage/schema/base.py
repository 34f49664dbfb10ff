"""What every table is made of: the metadata, instants, and the columns that recur."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    TextClause,
    TypeDecorator,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; SQLite, which has no time zones, keeps it as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = _in_utc(value)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    # An alarm with its call writes 60 of them and reads 70. SQLite's are texts, and each of these
    # is one step where SQLAlchemy takes three.

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        return _of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("a time without a zone never reaches the store")
    return value.astimezone(UTC)


_UNTIL_ZONE = len("2026-11-30 03:00:00.000000")


def as_text(value: datetime | None) -> str | None:
    """As SQLAlchemy writes it for SQLite."""
    if value is None:
        return None
    return _in_utc(value).isoformat(" ", "microseconds")[:_UNTIL_ZONE]


def _of_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column(*args: Any) -> Column[str]:
    """The key of a row that has one of its own."""
    return Column("id", String(64), *args, primary_key=True)


def reference(name: str, target: str, *, null: bool = False, index: bool = True) -> Column[str]:
    """The key of another table's row."""
    return Column(name, String(64), ForeignKey(target), nullable=null, index=index)


def partial(name: str, where: TextClause | str, *columns: str) -> Index:
    """An index on the rows that ``where`` finds, which is as queries say it."""
    where = text(where) if isinstance(where, str) else where
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


def instant(name: str, *, null: bool = True, index: bool = False) -> Column[datetime]:
    """A time (UTC)."""
    return Column(name, UtcDateTime, nullable=null, index=index)
