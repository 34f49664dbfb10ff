"""What was changed or deleted leaves no copy in the database's files.

A row that is changed leaves its old bytes in the file until they are written over. SQLite: VACUUM,
then the log is emptied. PostgreSQL: VACUUM FULL of the tables that changed, where their files hold
anything; its write-ahead log and its backups are the operator's of the server.
"""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import psycopg

from callflow.storage.engine.connections import WAIT, connection_info, open_turns, turn
from callflow.storage.engine.outage import StoreUnavailable
from callflow.storage.schema.logbook import WORDS

#: Times that a moment without readers is waited for, and milliseconds of each: nobody writes then.
_TRIES, _PATIENCE = 10, 1000
#: Of these tables those of which there is a page: of rows, of long values, of an index beside the
#: one page that each has from the beginning.
_WITH_BYTES = """
SELECT name FROM unnest(%s::text[]) AS name
JOIN pg_class ON pg_class.oid = to_regclass(quote_ident(name))
WHERE pg_relation_size(pg_class.oid) > 0
   OR (reltoastrelid <> 0 AND pg_relation_size(reltoastrelid) > 0)
   OR EXISTS (
      SELECT FROM pg_index WHERE indrelid IN (pg_class.oid, reltoastrelid)
      AND pg_relation_size(indexrelid) > current_setting('block_size')::int)
"""


def size(url: str) -> int:
    """Bytes of a SQLite database; 0 of any other."""
    return _file(url).stat().st_size if url.startswith("sqlite") else 0


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def compact(url: str, tables: Sequence[str]) -> None:
    """Write the database anew; nobody writes meanwhile. Raises StoreUnavailable: try again."""
    try:
        if url.startswith("sqlite"):
            _compact_sqlite(url)
        else:
            _compact_postgresql(url, tables)
    except (sqlite3.Error, psycopg.Error, OSError) as error:
        raise StoreUnavailable(f"it could not be written anew: {error}") from error


def _compact_sqlite(url: str) -> None:
    with (
        contextlib.ExitStack() as stack,
        contextlib.closing(sqlite3.connect(_file(url), timeout=WAIT, isolation_level=None)) as own,
    ):
        turns = open_turns(url)
        if turns is not None:
            stack.enter_context(turns)
        with turn(turns):
            # What was deleted from it is in its lists until these are written anew.
            own.execute("INSERT INTO logbook_words(logbook_words) VALUES ('optimize')")
            own.execute("VACUUM")
        own.execute(f"PRAGMA busy_timeout={_PATIENCE}")
        for _ in range(_TRIES):
            with turn(turns):
                busy, *_ = own.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                return
        raise StoreUnavailable("somebody read all the time: the log could not be emptied")


def _compact_postgresql(url: str, tables: Sequence[str]) -> None:
    address, patience = connection_info(url)
    with psycopg.connect(address, autocommit=True, **patience) as own:
        found = own.execute(_WITH_BYTES, [[*tables, WORDS]]).fetchall()
        for (table,) in found:
            own.execute(psycopg.sql.SQL("VACUUM FULL {}").format(psycopg.sql.Identifier(table)))
