"""One writer thread with group commit, a pool of readers; the async shell awaits both.

SQLite: WAL (upgrade.py), ``synchronous=FULL``, ``BEGIN IMMEDIATE`` for the writer only.
PostgreSQL: the same functions through psycopg 3. Measured in engine.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

#: A text's MAC with a key that is not in the database.
Mac = Callable[[str], str]
#: What a function of the store is given: a connection inside a transaction.
Tx = Connection
T = TypeVar("T")

_BATCH = 512  # functions in one commit
_READING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "PRAGMA")
_PAUSE = 0.002  # seconds left to other processes' writers after each commit (engine.md)


class StoreUnavailable(Exception):
    """The database failed, or (``permanent``) refused what was asked; nothing was written.

    Trying again may help, unless it is permanent: then the fault is in what was asked.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent

    @classmethod
    def because(cls, error: BaseException) -> StoreUnavailable:
        """The error that SQLAlchemy's ``error`` is for callers."""
        refused = isinstance(error, SQLAlchemyError) and not isinstance(error, AWAY)
        failure = cls(str(error), permanent=refused)
        failure.__cause__ = error
        return failure


#: The database is away, busy, or ended a deadlock: nothing is wrong with what was asked.
AWAY = (OperationalError, InterfaceError, PoolTimeout)


class _Job:
    __slots__ = ("function", "future")

    def __init__(self, function: Callable[[Tx], Any]) -> None:
        self.function = function
        self.future: Future[Any] = Future()


class Store:
    """The database of one instance.

    ``write`` resolves after the durable commit; functions of several callers share it, each in a
    SAVEPOINT of its own, so that one that raises undoes only itself. ``after_commit`` is called
    in the writer thread after each commit that changed a row, with the roles it ``hint``ed at: the
    place to wake other processes. ``mac`` is the
    logbook's key function (vault.Vault.seal); ``storage.logbook`` finds it in ``tx.info``.
    """

    def __init__(
        self, url: str, *, mac: Mac, after_commit: Callable[[frozenset[str]], None] | None = None
    ) -> None:
        self.url = url
        self._mac = mac
        self.sqlite = url.startswith("sqlite")
        self._turns = open_turns(url)
        self.after_commit = after_commit
        self._writer_engine = make_engine(url, writer=True)
        self._changed = False
        self._hints: set[str] = set()
        event.listen(self._writer_engine, "after_cursor_execute", self._note_change)
        self._reader_engine = make_engine(url, writer=False)
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="reader")
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def write(self, function: Callable[[Tx], T]) -> T:
        """Run ``function`` in the next commit; its value once that is durable."""
        return await asyncio.wrap_future(self._submit(function))

    async def read(self, function: Callable[[Tx], T]) -> T:
        """Run ``function`` on a reader's connection."""
        return await asyncio.wrap_future(self._readers.submit(self.read_now, function))

    def write_now(self, function: Callable[[Tx], T]) -> T:
        """``write`` for synchronous callers (the CLI)."""
        return self._submit(function).result()

    def read_now(self, function: Callable[[Tx], T]) -> T:
        """``read`` in the caller's thread."""
        try:
            with self._reader_engine.connect() as tx:
                tx.info["mac"] = self._mac
                return function(tx)
        except SQLAlchemyError as error:
            raise StoreUnavailable.because(error) from error

    def close(self) -> None:
        """Finish what was submitted and let go of the database."""
        self._stopping.set()
        self._jobs.put(None)
        self._thread.join(timeout=30)
        self._readers.shutdown(wait=True)
        self._writer_engine.dispose()
        self._reader_engine.dispose()
        if self._turns is not None:
            self._turns.close()

    def _note_change(self, *execution: Any) -> None:
        """Only a commit that changed a row wakes others, else they would never sleep."""
        cursor, statement = execution[1], execution[2]
        if cursor.rowcount != 0 and not statement.startswith(_READING):
            self._changed = True

    # --- the writer thread -----------------------------------------------------------------

    def _submit(self, function: Callable[[Tx], T]) -> Future[T]:
        job = _Job(function)
        self._jobs.put(job)
        return job.future

    def _run(self) -> None:
        while True:
            first = self._jobs.get()
            if first is None:
                return
            self._commit(self._gather(first))
            self._stopping.wait(_PAUSE)

    def _gather(self, first: _Job) -> list[_Job]:
        batch = [first]
        while len(batch) < _BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
        return batch

    def _commit(self, batch: list[_Job]) -> None:
        # A caller that was cancelled meanwhile: its job is not run, and the thread lives on.
        batch = [job for job in batch if job.future.set_running_or_notify_cancel()]
        if not batch:
            return
        self._changed = False
        self._hints.clear()
        results = [self._again(result) for result in self._transaction(batch)]
        if self.after_commit is not None and self._changed:
            self.after_commit(frozenset(self._hints))
        for job, value, error in results:
            if error is not None:
                job.future.set_exception(error)
            else:
                job.future.set_result(value)

    def _transaction(self, batch: list[_Job]) -> list[_Result]:
        """Run ``batch`` in one transaction; each job's value or error once it is durable."""
        try:
            with turn(self._turns), self._writer_engine.connect() as tx, tx.begin() as transaction:
                tx.info["mac"], tx.info["hints"] = self._mac, self._hints
                results = [(job, *_attempt(tx, job, alone=len(batch) == 1)) for job in batch]
                if all(error is not None for _, _, error in results):
                    transaction.rollback()
        except BaseException as failed:  # the commit itself failed: nobody's work is durable
            failure = StoreUnavailable.because(failed)
            return [(job, None, failure) for job in batch]
        return results

    def _again(self, result: _Result) -> _Result:
        """Run a job that lost a race once more, alone; any other result as it is."""
        for _ in range(_RACES):
            if not _lost_a_race(result[2]):
                break
            result = self._transaction([result[0]])[0]
        return result


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


def hint(tx: Tx, role: str) -> None:
    """Once this is committed there is work for ``role``: it need not wait for its next look."""
    hints = tx.info.get("hints")
    if hints is not None:
        hints.add(role)


def at_end(tx: Tx, work: Callable[[Tx, list[T]], None]) -> list[T]:
    """What ``work`` will be given, all at once, when the function at hand has returned.

    To add to; still within that function's transaction and savepoint.
    """
    given: list[T] = tx.info["at_end"].setdefault(work, [])
    return given


_Result = tuple[_Job, Any, Exception | None]
#: Times that a job is run again alone after PostgreSQL ended a deadlock, or refused an order.
_RACES = 5
_DEADLOCK, _SERIALIZATION = "40P01", "40001"  # SQLSTATE


def _lost_a_race(error: Exception | None) -> bool:
    """Whether another process's transaction was in the way: run again, it will do."""
    original = getattr(error.__cause__, "orig", None) if error is not None else None
    return getattr(original, "sqlstate", None) in (_DEADLOCK, _SERIALIZATION)


def _attempt(tx: Tx, job: _Job, *, alone: bool) -> tuple[Any, Exception | None]:
    """Run one job; what it raised undoes its own part only."""
    try:
        if alone:  # the whole transaction is its savepoint
            return _to_its_end(tx, job), None
        with tx.begin_nested():
            return _to_its_end(tx, job), None
    except SQLAlchemyError as error:
        return None, StoreUnavailable.because(error)
    except Exception as error:
        return None, error


def _to_its_end(tx: Tx, job: _Job) -> Any:
    tx.info["at_end"] = {}
    value = job.function(tx)
    for work, given in tx.info["at_end"].items():
        work(tx, given)
    return value


def make_engine(url: str, *, writer: bool) -> Engine:
    """An engine with the settings that engine.md measured."""
    if not url.startswith("sqlite"):
        return create_engine(
            url, pool_size=1 if writer else 4, pool_pre_ping=True, hide_parameters=True
        )
    engine = create_engine(
        url,
        hide_parameters=True,  # what people said and did stays out of errors, hence out of logs
        pool_size=1 if writer else 4,
        max_overflow=0 if writer else 8,
        connect_args={"check_same_thread": False, "timeout": 10},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the BEGIN below is ours
        cursor = connection.cursor()
        for pragma in (
            "synchronous=FULL",
            "busy_timeout=10000",
            "foreign_keys=ON",
            "cache_size=-16000",  # kB: the default 2 MB is read again and again in a flood
            "wal_autocheckpoint=4000",  # pages, 16 MB
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    begin = "BEGIN IMMEDIATE" if writer else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
