"""One writer thread with group commit, a pool of readers; the async shell awaits both."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError

from callflow.clock import monotonic
from callflow.storage.engine.connections import (
    WAIT,
    OneAfterAnother,
    changes,
    check_whole,
    make_engine,
    open_turns,
    turn,
)
from callflow.storage.engine.outage import Outage, StoreUnavailable
from callflow.storage.engine.requests import Asked, Awaited, Blocking, Readers, Turnstile, settle

#: A text's MAC with a key that is not in the database.
Mac = Callable[[str], str]
#: What a function of the store is given: a connection inside a transaction.
Tx = Connection
#: Makes sure that an incident is decided at a time, if the transaction commits.
WakeAt = Callable[[Tx, str, datetime], None]
T = TypeVar("T")

_BATCH = 512  # functions in one commit
_READERS = 4  # threads that read
_READING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "PRAGMA")
#: Seconds left to other processes' writers after each commit (docs/explanation/durability.md).
_PAUSE = 0.002


class Store:
    """The database of one instance.

    ``write`` resolves after the durable commit; functions of several callers share it, and one that
    raises undoes only itself. A function may be run more than once (undone with others, or after a
    lost race), so it changes rows and nothing else.

    ``after_commit`` is called in the writer thread after each commit that changed a row, with the
    roles it ``hint``ed at: the place to wake other processes; ``before_commit`` likewise, within
    the transaction. ``wake`` is told of each incident that falls due. ``mac`` is the logbook's key
    function (vault.Vault.seal); ``storage.logbook`` finds it in ``tx.info``.
    """

    def __init__(
        self,
        url: str,
        *,
        mac: Mac,
        wake: WakeAt | None = None,
        before_commit: Callable[[Tx, frozenset[str]], None] | None = None,
        after_commit: Callable[[frozenset[str]], None] | None = None,
    ) -> None:
        self.url = url
        self.mac, self._wake = mac, wake
        self._before_commit = before_commit
        self.sqlite = url.startswith("sqlite")
        self._turns = open_turns(url)
        self.after_commit = after_commit
        self._writer_engine = make_engine(url, writer=True)
        self._changed = False
        self._hints: set[str] = set()
        if not self.sqlite:
            event.listen(self._writer_engine, "after_cursor_execute", self._note_change)
        self._connection = OneAfterAnother(self._writer_engine, keep=self.sqlite)
        self._reader_engine = make_engine(url, writer=False)
        self._readers = Readers(self._reader, most=_READERS)
        self._turnstile = Turnstile(most=_BATCH, pause=_PAUSE)
        self._outage = Outage()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def write(self, function: Callable[[Tx], T], *, patience: float = 0.0) -> T:
        """Run ``function`` in the next commit; its value once that is durable.

        ``patience``: so many seconds it may wait for others to share its commit with; whatever
        has none takes along who waits. A commit is what all processes take turns at.

        Raises StoreUnavailable, and ``function`` is not run, where its turn does not come.
        """
        loop = asyncio.get_running_loop()
        job = Awaited(function, loop, monotonic() + patience if patience else 0.0)
        self._turnstile.put(job)
        job.patience = loop.call_later(WAIT / 2, self._wait_again, job)
        try:
            value: T = await job.answer
        finally:
            job.patience.cancel()
            job.withdraw()
        return value

    async def read(self, function: Callable[[Tx], T]) -> T:
        """Run ``function`` on a reader's connection."""
        return await self._readers.read(function)

    def write_now(self, function: Callable[[Tx], T]) -> T:
        """``write`` for synchronous callers (the CLI)."""
        job = Blocking(function)
        self._turnstile.put(job)
        in_time = job.over.wait(WAIT / 2) or job.over.wait(WAIT / 2)  # see _wait_again
        if not in_time and job.withdraw():
            raise self._no_turn()
        value: T = job.result()
        return value

    def read_now(self, function: Callable[[Tx], T]) -> T:
        """``read`` in the caller's thread."""
        with contextlib.closing(_Reader(self._reader_engine, self.mac, keep=False)) as read:
            value: T = read(function)
        return value

    def _reader(self) -> _Reader:
        return _Reader(self._reader_engine, self.mac, keep=self.sqlite)

    def close(self) -> None:
        """Finish what was submitted and let go of the database."""
        self._turnstile.close()
        self._thread.join(timeout=30)
        self._readers.close()
        if not self._thread.is_alive():
            self._connection.close()
        self._writer_engine.dispose()
        self._reader_engine.dispose()
        if self._turns is not None:
            self._turns.close()

    def _wait_again(self, job: Awaited) -> None:
        """The second half counts from when the first was noticed to be over.

        Who was halted for long (a paused machine) has not seen that the turn did not come.
        """
        job.patience = job.loop.call_later(WAIT / 2, self._give_up, job)

    def _give_up(self, job: Awaited) -> None:
        if job.withdraw():
            job.settle(None, self._no_turn())

    def _no_turn(self) -> StoreUnavailable:
        error = StoreUnavailable(f"the turn to write did not come within {WAIT} s")
        self._outage.begun(error, waited=WAIT)
        return error

    def _note_change(self, *execution: Any) -> None:
        """Only a commit that changed a row wakes others, else they would never sleep. SQLite counts
        them itself."""
        cursor, statement = execution[1], execution[2]
        if cursor.rowcount != 0 and not statement.startswith(_READING):
            self._changed = True

    # --- the writer thread -----------------------------------------------------------------

    def _run(self) -> None:
        while batch := self._turnstile.next():
            self._commit(batch)
            self._turnstile.done()

    def _commit(self, batch: list[Asked]) -> None:
        self._changed = False
        self._hints.clear()
        try:
            with turn(self._turns):
                results = self._results(batch)
        except OSError as failed:  # no turns: nobody's job was run
            failure = StoreUnavailable.because(failed)
            results = [(job, None, failure) for job in batch if job.begin()]
        self._note_outage(results)
        if self.after_commit is not None and self._changed:
            self.after_commit(frozenset(self._hints))
        settle(results)

    def _results(self, batch: list[Asked]) -> list[_Result]:
        batch = [job for job in batch if job.begin()]
        if not batch:
            return []
        return [self._again(result) for result in self._transaction(batch)]

    def _note_outage(self, results: list[_Result]) -> None:
        for _, _, error in results:
            if error is None:
                if self._changed:  # a commit of nothing proves nothing
                    self._outage.over()
            elif isinstance(error, StoreUnavailable) and not error.permanent:
                self._outage.begun(error)

    def _transaction(self, batch: list[Asked]) -> list[_Result]:
        """Run ``batch`` in one transaction; each job's value or error once it is durable.

        First without savepoints, which cost two round trips each, since nearly nothing ever
        raises. Where something does all is undone, and run again with each undone by itself.
        """
        try:
            return self._run_all(batch, apart=False)
        except _Undone:
            return self._run_all(batch, apart=True)

    def _run_all(self, batch: list[Asked], *, apart: bool) -> list[_Result]:
        try:
            with self._connection as tx, tx.begin() as transaction:
                before = changes(tx) if self.sqlite else 0
                tx.info.clear()  # it outlives the transaction
                tx.info.update(mac=self.mac, hints=self._hints, wake=self._wake)
                tx.info.update(apart=apart, kept={}, at_end={})
                results = _attempts(tx, batch)
                if all(error is not None for _, _, error in results):
                    transaction.rollback()
                else:
                    self._changed |= self.sqlite and changes(tx) != before
                    if self._before_commit is not None and self._changed:
                        self._before_commit(tx, frozenset(self._hints))
                    check_whole(tx)
        except _Undone:
            raise
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


class _Reader:
    """What one thread reads by: one transaction a function, on a connection that it may keep."""

    def __init__(self, engine: Engine, mac: Mac, *, keep: bool) -> None:
        self._connection, self._mac = OneAfterAnother(engine, keep=keep), mac

    def __call__(self, function: Callable[[Tx], T]) -> T:
        try:
            with self._connection as tx:
                tx.info["mac"] = self._mac
                try:
                    return function(tx)
                finally:
                    tx.rollback()
        except SQLAlchemyError as error:
            raise StoreUnavailable.because(error) from error

    def close(self) -> None:
        self._connection.close()


def hint(tx: Tx, role: str) -> None:
    """Once this is committed there is work for ``role``: it need not wait for its next look."""
    hints = tx.info.get("hints")
    if hints is not None:
        hints.add(role)


def wake(tx: Tx, incident: str, at: datetime) -> None:
    """The incident falls due at ``at``: whoever dispatches is told, in this transaction."""
    told: WakeAt | None = tx.info.get("wake")
    if told is not None:
        told(tx, incident, at)


def at_end(tx: Tx, work: Callable[[Tx, list[T]], None]) -> list[T]:
    """What ``work`` will be given, all at once, before the commit.

    To add to; in the same transaction, and undone with whatever added it.
    """
    given: list[T] = tx.info["at_end"].setdefault(work, [])
    return given


@contextlib.contextmanager
def savepoint(tx: Tx) -> Iterator[None]:
    """A part that is undone as a whole when it raises, with what it put off until the end."""
    if not tx.info["apart"]:
        try:
            yield
        except Exception as error:
            raise _Undone from error
        return
    before = {work: list(given) for work, given in tx.info["at_end"].items()}
    try:
        with tx.begin_nested():
            yield
    except BaseException:
        tx.info["at_end"] = before
        tx.info["kept"].clear()
        raise


@contextlib.contextmanager
def tried(tx: Tx) -> Iterator[None]:
    """A part that is only tried: it is undone at its end, with what it put off until later."""
    before = {work: list(given) for work, given in tx.info["at_end"].items()}
    part = tx.begin_nested()
    try:
        yield
    finally:
        part.rollback()
        tx.info["at_end"] = before
        tx.info["kept"].clear()


def kept(tx: Tx) -> dict[Any, Any]:
    """What this transaction has read and nobody else can change, or may: not read twice.

    Whoever changes it puts it right here. Empty again where a part is undone, and for readers.
    """
    found: dict[Any, Any] = tx.info.get("kept", {})
    return found


class _Undone(BaseException):
    """Something raised in a transaction that has no savepoints: it must be begun again."""


_Result = tuple[Asked, Any, Exception | None]
#: Times that a job is run again alone after PostgreSQL ended a deadlock, or refused an order.
_RACES = 5
_DEADLOCK, _SERIALIZATION = "40P01", "40001"  # SQLSTATE


def _lost_a_race(error: Exception | None) -> bool:
    """True where another process's transaction was in the way: run again, it will do."""
    original = getattr(error.__cause__, "orig", None) if error is not None else None
    return getattr(original, "sqlstate", None) in (_DEADLOCK, _SERIALIZATION)


def _attempts(tx: Tx, batch: list[Asked]) -> list[_Result]:
    """Run each job, and at the end what they put off until then."""
    alone = len(batch) == 1  # then the whole transaction is its savepoint
    if alone or tx.info["apart"]:
        return [_attempt(tx, job, alone=alone) for job in batch]
    try:
        results: list[_Result] = [(job, job.function(tx), None) for job in batch]
        _to_the_end(tx)
    except Exception as error:
        raise _Undone from error
    return results


def _attempt(tx: Tx, job: Asked, *, alone: bool) -> _Result:
    """Run one job; what it raised undoes its own part only."""
    tx.info["at_end"] = {}
    try:
        with contextlib.nullcontext() if alone else tx.begin_nested():
            value = job.function(tx)
            _to_the_end(tx)
    except SQLAlchemyError as error:
        failed: Exception = StoreUnavailable.because(error)
    except Exception as error:
        failed = error
    else:
        return job, value, None
    if tx.invalidated:  # what the jobs before it did is lost too
        raise failed
    tx.info["kept"].clear()
    return job, None, failed


def _to_the_end(tx: Tx) -> None:
    for work, given in tx.info["at_end"].items():
        work(tx, given)
