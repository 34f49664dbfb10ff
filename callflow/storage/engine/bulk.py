"""Thousands of rows in a few statements: whoever writes meanwhile waits for all of them.

Rows are made into JSON text before the transaction, and taken apart by the database: bound one by
one, in Python and within the lock, they would take it three times as long.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import JSON, Table, text

from callflow.storage.engine.store import Tx
from callflow.storage.schema import UtcDateTime

Row = dict[str, Any]

#: Rows of one statement.
_MOST = 5000


class Rows(NamedTuple):
    """Rows of one table with the same columns, as JSON."""

    table: Table
    key: tuple[str, ...]
    names: tuple[str, ...]
    text: str


def made(table: Table, key: Sequence[str], rows: Sequence[Row]) -> list[Rows]:
    """``rows``, which may have different columns, ready to be written."""
    found = []
    for names, group in groupby(sorted(rows, key=tuple), key=tuple):
        alike = list(group)
        for place in range(0, len(alike), _MOST):
            said = json.dumps(alike[place : place + _MOST], default=_instant)
            found.append(Rows(table, tuple(key), names, said))
    return found


def upsert(tx: Tx, rows: Rows) -> None:
    """Insert them, or update those with the same key."""
    dialect = _Sqlite if tx.dialect.name == "sqlite" else _Postgresql
    columns = ", ".join(f'"{name}"' for name in rows.names)
    keys = ", ".join(f'"{name}"' for name in rows.key)
    changed = ", ".join(
        f'"{name}" = excluded."{name}"' for name in rows.names if name not in rows.key
    )
    # The names are the schema's own, never somebody's text.
    statement = (
        f'INSERT INTO "{rows.table.name}" ({columns})'  # noqa: S608 -- as said above
        f" SELECT {', '.join(dialect.taken(rows.table, name) for name in rows.names)}"
        f" FROM {dialect.source(tx, rows)} WHERE true"
        f" ON CONFLICT ({keys}) DO UPDATE SET {changed}"
    )
    tx.execute(text(statement), {"rows": rows.text})


class _Sqlite:
    """``json_each``: an object a row."""

    @staticmethod
    def source(_tx: Tx, _rows: Rows) -> str:
        return "json_each(:rows)"

    @staticmethod
    def taken(table: Table, name: str) -> str:
        value = f"json_extract(value, '$.{name}')"
        return f"COALESCE({value}, 'null')" if _is_json(table, name) else value


class _Postgresql:
    """``json_to_recordset``: columns with types."""

    @staticmethod
    def source(tx: Tx, rows: Rows) -> str:
        kinds = {
            name: "timestamp"
            if isinstance(rows.table.c[name].type, UtcDateTime)
            else rows.table.c[name].type.compile(dialect=tx.dialect)
            for name in rows.names
        }
        declared = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
        return f"json_to_recordset(CAST(:rows AS json)) AS given({declared})"

    @staticmethod
    def taken(table: Table, name: str) -> str:
        if _is_json(table, name):
            return f"COALESCE(\"{name}\", 'null')"
        if isinstance(table.c[name].type, UtcDateTime):
            return f"\"{name}\" AT TIME ZONE 'UTC'"
        return f'"{name}"'


def _is_json(table: Table, name: str) -> bool:
    """A JSON column keeps null as SQLAlchemy does: as JSON's, not as SQL's."""
    return isinstance(table.c[name].type, JSON)


def _instant(value: object) -> str:
    """As SQLAlchemy keeps it in SQLite."""
    assert isinstance(value, datetime), value
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
