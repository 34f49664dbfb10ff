"""Databases of a session's PostgreSQL, lent to one test after the other and emptied in between.

To copy one and to drop it takes 0.3 seconds of CPU, to empty one a few milliseconds. One whose
tables or settings a test changed is dropped, and so is one that can't be emptied.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, LiteralString, Protocol

import psycopg
from psycopg import sql

#: What a test may have made, changed or dropped: how many rows there are, and which transaction
#: wrote the last. VACUUM, which writes tables' files anew, changes none of them.
_CATALOGUES: tuple[LiteralString, ...] = (
    "pg_attribute",
    "pg_attrdef",
    "pg_constraint",
    "pg_namespace",
    "pg_proc",
    "pg_trigger",
    "pg_db_role_setting",
)
_SHAPE = sql.SQL(" UNION ALL ").join(
    sql.SQL("SELECT count(*), max(xmin::text::bigint) FROM {}").format(sql.Identifier(name))
    for name in _CATALOGUES
)
_TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)
_OTHERS = """
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_RESTART = """
SELECT setval(seqrelid, seqstart, false) FROM pg_sequence
WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
"""


class Cluster(Protocol):
    """Where they are: see ``postgresql.Server``."""

    def url(self, database: str) -> str: ...

    def made(self, model: str) -> str:
        """A copy of a database; its name."""

    def drop(self, database: str) -> None: ...

    def connected(self, database: str) -> psycopg.Connection[Any]: ...


class _Database:
    """One that is lent again and again. A connection of its own knows its tables already."""

    def __init__(self, cluster: Cluster, model: str) -> None:
        self.name = cluster.made(model)
        self._own = cluster.connected(self.name)
        self._shape = self._now(_SHAPE)
        tables = [name for (name,) in self._now(_TABLES)]
        #: What a migrated database has in it from the beginning.
        self._first = {name: rows for name in tables if (rows := self._rows(name))}
        deleted = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in tables]
        self._empty = sql.SQL("; ").join(deleted)

    def emptied(self) -> bool:
        """Whether it is again as it was made, and nobody is in it."""
        try:
            self._end_others()
            if self._now(_SHAPE) != self._shape:
                return False
            with self._own.transaction():
                self._own.execute("SET LOCAL session_replication_role = replica")  # no triggers
                self._own.execute(self._empty)
                for name, rows in self._first.items():
                    self._put(name, rows)
                self._own.execute(_RESTART)
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        """Before it is dropped."""
        with suppress(psycopg.Error):
            self._own.close()

    def _end_others(self) -> None:
        """Their locks end with them, which takes a moment."""
        self._own.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}")
        while self._now(f"SELECT {_OTHERS}"):
            time.sleep(0.002)

    def _now(self, query: Any) -> Sequence[tuple[Any, ...]]:
        return self._own.execute(query).fetchall()

    def _rows(self, table: str) -> str | None:
        """As JSON; None where there are none."""
        query = sql.SQL("SELECT json_agg(rows)::text FROM {} AS rows").format(sql.Identifier(table))
        ((rows,),) = self._now(query)
        return str(rows) if rows is not None else None

    def _put(self, table: str, rows: str) -> None:
        query = sql.SQL("INSERT INTO {0} SELECT * FROM json_populate_recordset(NULL::{0}, %s)")
        self._own.execute(query.format(sql.Identifier(table)), [rows])


class Databases:
    """Copies of ``model``, a database of a cluster."""

    def __init__(self, cluster: Cluster, model: str) -> None:
        self._cluster, self._model = cluster, model
        self._idle: list[_Database] = []

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The URL of one, as the model is."""
        one = self._idle.pop() if self._idle else _Database(self._cluster, self._model)
        yield self._cluster.url(one.name)
        if one.emptied():
            self._idle.append(one)
            return
        one.close()
        self._cluster.drop(one.name)

    def close(self) -> None:
        """No more are lent."""
        while self._idle:
            self._idle.pop().close()
