"""Columns as migrations make them, a line for those of one kind, and what is done to tables that
are there. A migration makes for ever what it made: nothing that is said here changes."""

from functools import partial
from typing import Any

from alembic import op
from sqlalchemy import Column, ForeignKey, String, text
from sqlalchemy.types import TypeEngine

from callflow.storage.schema.base import UtcDateTime

ID = String(64)
INSTANT = UtcDateTime()
_Kind = TypeEngine[Any] | type[TypeEngine[Any]]


def of(
    kind: _Kind,
    *names: str,
    null: bool = False,
    default: Any = None,
    index: bool = False,
    unique: bool | None = None,
) -> list[Column[Any]]:
    """Columns of one kind."""
    make = partial(
        Column, type_=kind, nullable=null, server_default=default, index=index, unique=unique
    )
    return [make(name) for name in names]


def keys(kind: _Kind, *names: str) -> list[Column[Any]]:
    """What a row is known by, or its part of that."""
    return [Column(name, kind, primary_key=True) for name in names]


def reference(
    name: str,
    target: str,
    *,
    kind: _Kind = ID,
    key: bool = False,
    null: bool = False,
    index: bool = False,
    named: str | None = None,
) -> Column[Any]:
    """The key of another table's row; ``named``: a constraint of another name than the usual."""
    other = ForeignKey(target, name=named)
    return Column(name, kind, other, primary_key=key, nullable=null, index=index)


def add(table: str, *columns: Column[Any]) -> None:
    """Columns for a table that is there."""
    with op.batch_alter_table(table) as batch:
        for column in columns:
            batch.add_column(column)


def index(table: str, name: str, *columns: str, where: str | None = None) -> None:
    """An index, ``where``: on the rows that queries say so."""
    only = None if where is None else text(where)
    op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)
