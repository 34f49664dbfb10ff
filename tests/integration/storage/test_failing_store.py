"""A database that fails for real: nobody is told that something is durable when it isn't."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from structlog.testing import capture_logs

from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.engine import store as store_module
from callflow.storage.engine.outage import Outage
from tests.integration.storage.test_store import add, names, together
from tests.support.rows.migrated import migrate


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    yield from _store(database_url)


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Store]:
    yield from _store(sqlite_url)


@pytest.fixture
def postgres(postgresql_url: str) -> Iterator[Store]:
    yield from _store(postgresql_url)


def _store(url: str) -> Iterator[Store]:
    migrate(url)
    store = Store(url, mac=str)
    yield store
    store.close()


def fill(tx: Tx) -> None:
    """SQLITE_FULL, as on a full disk: the file may not grow by a page more."""
    pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
    tx.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    for number in range(100):
        add(tx, f"{number:05d}" * 500)


def go_on(tx: Tx) -> None:
    """What a function must not do, and some day does: swallow it, and write."""
    with contextlib.suppress(SQLAlchemyError):
        fill(tx)
    with contextlib.suppress(SQLAlchemyError):
        add(tx, "swallowed")


def end_backend(tx: Tx) -> None:
    """As when the server is restarted."""
    tx.execute(select(func.pg_terminate_backend(func.pg_backend_pid())))


def is_away(result: object) -> bool:
    return isinstance(result, StoreUnavailable) and not result.permanent


async def test_a_full_disk_takes_the_whole_commit(sqlite: Store) -> None:
    done = await together(sqlite, lambda tx: add(tx, "a"), fill, lambda tx: add(tx, "b"))
    assert all(map(is_away, done)), done
    assert "full" in str(done[0])
    assert names(sqlite) == []
    assert await sqlite.write(lambda tx: add(tx, "later")) == "later"
    assert names(sqlite) == ["later"]


@pytest.mark.parametrize("alone", [True, False])
async def test_a_full_disk_that_is_swallowed_acknowledges_nothing(
    sqlite: Store, alone: bool
) -> None:
    others = [] if alone else [lambda tx: add(tx, "a"), lambda tx: add(tx, "b")]
    done = await together(sqlite, *others[:1], go_on, *others[1:])
    assert all(map(is_away, done)), done
    assert names(sqlite) == []


async def test_a_backend_that_ends_takes_the_whole_commit(postgres: Store) -> None:
    done = await together(postgres, lambda tx: add(tx, "a"), end_backend, lambda tx: add(tx, "b"))
    assert all(map(is_away, done)), done
    assert names(postgres) == []
    assert await postgres.write(lambda tx: add(tx, "later")) == "later"


@pytest.mark.parametrize("alone", [True, False])
async def test_an_error_that_is_swallowed_acknowledges_nothing(
    postgres: Store, alone: bool
) -> None:
    def refused(tx: Tx) -> None:
        add(tx, "twice")
        with contextlib.suppress(SQLAlchemyError):
            add(tx, "twice")

    others = [] if alone else [lambda tx: add(tx, "a")]
    done = await together(postgres, *others, refused)
    assert all(map(is_away, done)), done
    assert names(postgres) == []


async def test_what_is_read_only_may_be_tried_again(postgres: Store) -> None:
    def make(value: str) -> Callable[[Tx], None]:
        def change(tx: Tx) -> None:
            tx.exec_driver_sql(f"SET default_transaction_read_only={value}")

        return change

    await postgres.write(make("on"))
    done = await together(postgres, lambda tx: add(tx, "a"), lambda tx: add(tx, "b"))
    assert all(map(is_away, done)), done
    await postgres.write(make("off"))
    await postgres.write(lambda tx: add(tx, "later"))
    assert names(postgres) == ["later"]


async def test_a_file_that_is_read_only_is_not_the_callers_fault(sqlite: Store) -> None:
    def forbid(tx: Tx) -> None:
        tx.exec_driver_sql("PRAGMA query_only=1")

    await sqlite.write(forbid)
    with pytest.raises(StoreUnavailable, match="readonly") as failure:
        await sqlite.write(lambda tx: add(tx, "a"))
    assert is_away(failure.value)
    assert names(sqlite) == []


async def test_a_database_that_is_locked_may_be_tried_again(sqlite: Store) -> None:
    def hurry(tx: Tx) -> None:
        tx.exec_driver_sql("PRAGMA busy_timeout=200")

    await sqlite.write(hurry)
    with contextlib.closing(sqlite3.connect(_file(sqlite), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="locked") as failure:
            await sqlite.write(lambda tx: add(tx, "a"))
        assert is_away(failure.value)
        other.execute("ROLLBACK")
    assert await sqlite.write(lambda tx: add(tx, "later")) == "later"
    assert names(sqlite) == ["later"]


async def test_who_has_waited_for_the_turn_too_long_is_not_run(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WAIT", 0.2)
    with _file(sqlite).with_name(f"{_file(sqlite).name}-turn").open("ab") as turns:
        fcntl.flock(turns, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailable, match="turn"):
            await sqlite.write(lambda tx: add(tx, "too late"))
        with pytest.raises(StoreUnavailable, match="turn"):
            sqlite.write_now(lambda tx: add(tx, "too late, too"))
        fcntl.flock(turns, fcntl.LOCK_UN)
    monkeypatch.undo()
    assert await sqlite.write(lambda tx: add(tx, "later")) == "later"
    assert names(sqlite) == ["later"]


async def test_who_was_halted_himself_has_not_waited_in_vain(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WAIT", 1.0)
    with _file(sqlite).with_name(f"{_file(sqlite).name}-turn").open("ab") as turns:
        fcntl.flock(turns, fcntl.LOCK_EX)
        waiting = asyncio.ensure_future(sqlite.write(lambda tx: add(tx, "a")))
        await asyncio.sleep(0)  # it has asked
        threading.Event().wait(1.1)  # nothing of this process's loop runs, for longer than it waits
        for _ in range(2):  # what is due meanwhile is done
            await asyncio.sleep(0)
        fcntl.flock(turns, fcntl.LOCK_UN)
    assert await waiting == "a"


def test_a_file_that_is_no_database_is_not_the_callers_fault(tmp_path: Path) -> None:
    (tmp_path / "callflow.db").write_bytes(b"no database at all" * 100)
    store = Store(f"sqlite:///{tmp_path / 'callflow.db'}", mac=str)
    try:
        with pytest.raises(StoreUnavailable) as failure:
            store.write_now(lambda tx: add(tx, "a"))
        assert not failure.value.permanent
    finally:
        store.close()


async def test_an_outage_is_logged_once_and_so_is_its_end(sqlite: Store) -> None:
    with capture_logs() as said:
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await sqlite.write(fill)
        await sqlite.write(lambda tx: add(tx, "later"))
    assert [line["event"] for line in said] == ["store.away", "store.back"]


def test_who_waited_in_vain_while_others_wrote_tells_of_no_outage() -> None:
    """As soon as a long one is over: its end was told, and who gave up only then says nothing."""
    outage, late = Outage(), StoreUnavailable("the turn did not come")
    with capture_logs() as said:
        outage.begun(late, waited=60.0)
        outage.over()
        outage.begun(late, waited=60.0)
        outage.begun(late)
    assert [line["event"] for line in said] == ["store.away", "store.back", "store.away"]


def _file(store: Store) -> Path:
    return Path(store.url.removeprefix("sqlite:///"))
