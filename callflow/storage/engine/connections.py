"""How the database is opened, whose turn it is to write, and whether a transaction still stands.

SQLite: WAL (upgrade.py), ``synchronous=FULL``, ``BEGIN IMMEDIATE`` for the writer only.
PostgreSQL: the same functions through psycopg 3. Measured in docs/explanation/durability.md.
"""

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from callflow.core.folding import folded
from callflow.storage.engine.outage import StoreUnavailable

#: Seconds for a lock of the database, and for the turn to write to it.
WAIT = 10
#: A server that vanished is noticed, and a lock is waited for no longer than on SQLite; and the
#: server notices in the same time a machine of ours that vanished: its locks are others' then.
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": WAIT * 1000,  # milliseconds
    "options": f"-c lock_timeout={WAIT}s -c tcp_keepalives_idle=3 -c tcp_keepalives_interval=1"
    " -c tcp_keepalives_count=3 -c tcp_user_timeout=6000",
}


#: A writer that hangs in the middle of a transaction must not keep what it locked.
_HUNG = f" -c idle_in_transaction_session_timeout={WAIT}s"


def connection_info(url: str) -> tuple[str, dict[str, Any]]:
    """PostgreSQL's own form of a store's URL, and what every connection is opened with."""
    plain = make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False), dict(_PATIENCE)


def open_turns(url: str) -> IO[bytes] | None:
    """The file beside a SQLite database whose lock is the turn to write to it."""
    if not url.startswith("sqlite"):
        return None
    file = Path(url.removeprefix("sqlite:///"))
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.with_name(f"{file.name}-turn").open("ab")


@contextlib.contextmanager
def turn(turns: IO[bytes] | None) -> Iterator[None]:
    """Our turn among the processes that write to this SQLite file.

    The kernel wakes who waits the moment it is free; SQLite itself would look again after
    sleeps of up to 100 ms, lose to whoever comes between, and not wait at all for some orders.
    """
    if turns is None:
        yield
        return
    fcntl.flock(turns, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(turns, fcntl.LOCK_UN)


def make_engine(url: str, *, writer: bool) -> Engine:
    """An engine with the settings that docs/explanation/durability.md measured."""
    if not url.startswith("sqlite"):
        # What is read in one transaction is of one moment, as in SQLite.
        one_moment = {} if writer else {"isolation_level": "REPEATABLE READ"}
        return create_engine(
            url,
            pool_size=1 if writer else 4,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={**_PATIENCE, "options": _PATIENCE["options"] + (_HUNG if writer else "")},
            **one_moment,
        )
    engine = create_engine(
        url,
        hide_parameters=True,  # what people said and did stays out of errors, hence out of logs
        pool_size=1 if writer else 4,
        max_overflow=0 if writer else 8,
        connect_args={"check_same_thread": False, "timeout": WAIT},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the BEGIN below is ours
        connection.create_function("folded", 1, _folded, deterministic=True)
        cursor = connection.cursor()
        for pragma in (
            "synchronous=FULL",
            f"busy_timeout={WAIT * 1000}",
            "foreign_keys=ON",
            "cache_size=-16000",  # kB: the default 2 MB is read again and again in a flood
            "wal_autocheckpoint=4000",  # pages, 16 MB
            # What a statement of many rows may have to undo: in a file it was half of all writes.
            f"temp_store={'MEMORY' if writer else 'FILE'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    statement = "BEGIN IMMEDIATE" if writer else "BEGIN"

    def begin(dbapi_connection: Any) -> None:
        dbapi_connection.dbapi_connection.execute(statement)

    # Not a listener of "begin": with one the engine looks for listeners at every statement.
    engine.dialect.do_begin = begin  # type: ignore[method-assign]
    event.listen(engine, "handle_error", _note_lost)
    return engine


def _folded(text: str | None) -> str | None:
    return None if text is None else folded(text)


#: SQLite's primary result codes after which another connection may do what this one can't: one
#: that was opened while the file was read-only stays so, one that saw the disk fail is in doubt.
_SPENT = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
    }
)


def _note_lost(context: ExceptionContext) -> None:
    """Give up a connection that is spent, or by which SQLite took the whole transaction back.

    Otherwise the next statements would each be a transaction of their own, and durable.
    """
    tx, error = context.connection, context.original_exception
    if tx is None or tx.invalidated or not isinstance(error, sqlite3.Error):
        return
    raw: Any = tx.connection.driver_connection
    spent = getattr(error, "sqlite_errorcode", 0) & 0xFF in _SPENT
    if spent or (tx.in_transaction() and not raw.in_transaction):
        context.is_disconnect = True
        if context.execution_context is not None:  # else SQLite's lock outlives the connection
            context.execution_context.cursor.close()


class OneAfterAnother:
    """A connection for transactions one after another, given up with one that fails.

    Where the database is a file it is kept between them: taking it from the pool and bringing it
    back cost as much as a small transaction. A server's may have been lost meanwhile: the pool
    asks it first.
    """

    def __init__(self, engine: Engine, *, keep: bool) -> None:
        self._engine, self._keep = engine, keep
        self._tx: Connection | None = None

    def __enter__(self) -> Connection:
        if self._tx is None:
            self._tx = self._engine.connect()
        return self._tx

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None or not self._keep or (self._tx is not None and self._tx.invalidated):
            self.close()

    def close(self) -> None:
        """Back to the pool, if one was taken."""
        tx, self._tx = self._tx, None
        if tx is not None:
            tx.close()


def changes(tx: Connection) -> int:
    """How many rows this SQLite connection has changed so far, in all its transactions."""
    raw: Any = tx.connection.dbapi_connection
    return int(raw.total_changes)


def version(tx: Connection) -> tuple[object, object]:
    """Who counts, and a count: where the same one counts the same again, nobody has committed in
    between. For readers: SQLite's count is of each connection, and of others' commits."""
    raw: Any = tx.connection.driver_connection
    if tx.dialect.name != "sqlite":
        return None, raw.execute("SELECT pg_current_snapshot()::text").fetchone()[0]
    whose = tx.info.setdefault("counts", object())
    return whose, raw.execute("PRAGMA data_version").fetchone()[0]


def check_whole(tx: Connection) -> None:
    """Raises StoreUnavailable where a COMMIT would succeed and keep nothing.

    SQLite takes a transaction back by itself on some errors (lang_transaction, 3.), and Python's
    ``commit`` then does nothing; PostgreSQL answers COMMIT after an error with ROLLBACK. Whoever
    swallowed the error would be told that his work is durable.
    """
    raw: Any = tx.connection.driver_connection
    if tx.dialect.name == "sqlite":
        whole = raw.in_transaction
    else:
        whole = raw.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS)
    if not whole:
        raise StoreUnavailable("the database had already ended this transaction")
