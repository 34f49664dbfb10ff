"""One SQLite database in memory for all simulated processes, and each process's real ``Store``.

What is stubbed is the writer's thread: jobs that were submitted in one turn of the loop share a
commit, as they would in the thread, and no transaction is ever cut by another one.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.engine.connections import OneAfterAnother, _note_lost
from callflow.storage.engine.outage import Outage
from callflow.storage.engine.requests import Asked, Turnstile
from callflow.storage.schema import metadata
from callflow.vault import Vault
from tests.support.simulated_station.faults import Fault, Faults

T = TypeVar("T")


class ProcessDied(BaseException):
    """Raised where a process ends in the middle of what it does."""


class _Kept(sqlite3.Connection):
    """Giving up this connection loses what was not committed, and nothing else."""

    def close(self) -> None:
        self.rollback()


class Database:
    """Made once; ``reset`` begins each seed from the same prepared rows."""

    def __init__(self, vault: Vault) -> None:
        self.raw = sqlite3.connect(
            ":memory:",
            factory=_Kept,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=1024,
        )
        self.raw.execute("PRAGMA foreign_keys=ON")
        self.vault = vault
        self.engine = self._engine()
        self.committing: ProcessStore | None = None
        self._template = sqlite3.connect(":memory:")
        with self.engine.begin() as connection:
            metadata.create_all(connection)

    def _engine(self) -> Engine:
        engine = create_engine(
            "sqlite://",
            creator=lambda: self.raw,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_timeout=1,
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        event.listen(engine, "handle_error", _note_lost)
        for execution in ("do_execute", "do_executemany", "do_execute_no_params"):
            event.listen(engine, execution, self._fail_at_statement)
        event.listen(engine, "commit", self._die_before_commit)
        return engine

    def close(self) -> None:
        """For good."""
        self.engine.dispose()
        sqlite3.Connection.close(self.raw)
        self._template.close()

    def prepared(self) -> None:
        """The rows as they are now are what every seed begins with."""
        self.raw.backup(self._template)

    def reset(self) -> None:
        """Begin anew."""
        self.committing = None
        self._template.backup(self.raw)

    # --- what a committing process meets ---

    def _fail_at_statement(self, *_execution: Any) -> None:
        store = self.committing
        if store is None or store.fails_in is None:
            return
        store.fails_in -= 1
        if store.fails_in < 0:
            store.fails_in = None
            if store.fate is Fault.TRANSACTION_TAKEN_BACK and self.raw.in_transaction:
                self.raw.rollback()
            raise sqlite3.OperationalError("disk I/O error")

    def _die_before_commit(self, _connection: Connection) -> None:
        if self.committing is not None and self.committing.fate is Fault.CRASH_BEFORE_COMMIT:
            raise ProcessDied


class _NextTurn(Turnstile):
    """What was asked for in one turn of the loop shares a commit, at its end."""

    def __init__(self, commit: Callable[[list[Asked]], None]) -> None:
        self._commit, self._asked = commit, list[Asked]()

    def put(self, asked: Asked) -> None:
        self._asked.append(asked)
        if len(self._asked) == 1:
            asyncio.get_running_loop().call_soon(self._over)

    def _over(self) -> None:
        batch, self._asked = self._asked, []
        self._commit(batch)


class ProcessStore(Store):
    """The store of one process. Once the process is dead nothing is written or answered any more.

    ``on_commit`` is told after each commit that changed a row, also where nobody learns of it.
    """

    def __init__(
        self,
        database: Database,
        faults: Faults,
        *,
        die: Callable[[], None],
        after_commit: Callable[[frozenset[str]], None],
        on_commit: Callable[[], None],
    ) -> None:
        self.url, self.sqlite, self._turns = "sqlite://", True, None
        self._database, self._faults, self._die = database, faults, die
        self.mac, self.after_commit = database.vault.seal, after_commit
        self._wake = self._before_commit = None
        self._on_commit = on_commit
        self._connection = OneAfterAnother(database.engine, keep=False)
        self._changed = False
        self._hints: set[str] = set()
        self._outage = Outage()
        self._turnstile = _NextTurn(self._flush)
        self.dead = False
        self.fate: Fault | None = None
        self.fails_in: int | None = None

    async def write(self, function: Callable[[Tx], T], *, patience: float = 0.0) -> T:
        """As the real one; in a dead process nothing goes on."""
        self._check_alive()
        return await super().write(function, patience=patience)

    async def read(self, function: Callable[[Tx], T]) -> T:
        """At once: what is read is what was committed last."""
        self._check_alive()
        return self.read_now(function)

    def read_now(self, function: Callable[[Tx], T]) -> T:
        """At once."""
        try:
            with self._database.engine.connect() as tx:
                tx.info["mac"] = self.mac
                return function(tx)
        except SQLAlchemyError as error:
            raise StoreUnavailable.because(error) from error

    def close(self) -> None:
        """Nothing is held."""

    def _check_alive(self) -> None:
        if self.dead:
            raise asyncio.CancelledError

    def _flush(self, batch: list[Asked]) -> None:
        if self.dead:
            return
        self.fate = self._drawn()
        self._database.committing = self
        try:
            self._commit(batch)
        finally:
            self._database.committing = None
            self.fate = self.fails_in = None

    def _drawn(self) -> Fault | None:
        for fault in (
            Fault.CRASH_BEFORE_COMMIT,
            Fault.CRASH_AFTER_COMMIT,
            Fault.COMMIT_UNLEARNED,
            Fault.DATABASE_ERROR,
            Fault.TRANSACTION_TAKEN_BACK,
        ):
            if self._faults.strikes(fault):
                if fault in (Fault.DATABASE_ERROR, Fault.TRANSACTION_TAKEN_BACK):
                    self.fails_in = self._faults.among(12)
                return fault
        return None

    def _results(self, batch: list[Asked]) -> list[Any]:
        """The real transaction, and what the process learns of it."""
        results = super()._results(batch)
        if self._changed:
            self._on_commit()
        if self.fate in (Fault.CRASH_BEFORE_COMMIT, Fault.CRASH_AFTER_COMMIT):
            self._die()
            self._changed = False
            return []
        if self.fate is Fault.COMMIT_UNLEARNED:
            failure = StoreUnavailable("the connection was lost at the commit")
            return [(job, None, failure) for job, _, _ in results]
        return results
