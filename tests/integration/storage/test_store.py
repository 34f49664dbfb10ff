"""The store: one commit for many, each undoing only itself; instants that survive."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from sqlalchemy import func, select

from callflow.storage import Store, StoreUnavailable, Tx, savepoint, schema
from callflow.storage.engine.connections import version
from callflow.storage.people import users
from tests.support.rows.migrated import migrate

pytestmark = pytest.mark.both_databases


@pytest.fixture
def wakes() -> list[None]:
    return []


@pytest.fixture
def store(database_url: str, wakes: list[None]) -> Iterator[Store]:
    migrate(database_url)
    store = Store(database_url, mac=str, after_commit=lambda _: wakes.append(None))
    yield store
    store.close()


def add(tx: Tx, name: str) -> str:
    tx.execute(schema.client.insert().values(id=name, name=name))
    return name


def names(store: Store) -> list[str]:
    query = select(schema.client.c.name).order_by(schema.client.c.name)
    return list(store.read_now(lambda tx: tx.execute(query).scalars().all()))


async def together(store: Store, *functions: Callable[[Tx], object]) -> list[object]:
    """Submit while the writer is busy, so that all share the next commit."""
    busy, go = threading.Event(), threading.Event()

    def hold(_: Tx) -> None:
        busy.set()
        go.wait(10)

    held = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(busy.wait, 10)
    tasks = [asyncio.create_task(store.write(function)) for function in functions]
    await asyncio.sleep(0)
    go.set()
    await held
    return list(await asyncio.gather(*tasks, return_exceptions=True))


async def test_those_who_write_together_share_a_commit(store: Store, wakes: list[None]) -> None:
    done = await together(store, *(lambda tx, n=n: add(tx, f"c{n}") for n in range(20)))
    assert done == [f"c{n}" for n in range(20)]
    assert len(names(store)) == 20
    assert len(wakes) == 1


async def test_what_counts_commits_rests_with_them_and_no_commit_passes_by(store: Store) -> None:
    """The server counts those of all databases, its own housekeeping's too."""
    rests = await store.read(version)
    while (again := await store.read(version)) != rests:
        rests = again
    for name in ("first", "second"):
        before = dict([await store.read(version)])
        await store.write(partial(add, name=name))
        whose, count = await store.read(version)
        assert before.get(whose) != count


def test_what_one_function_reads_is_of_one_moment(store: Store) -> None:
    query = select(schema.client.c.name)
    store.write_now(lambda tx: add(tx, "before"))

    def twice(tx: Tx) -> list[str]:
        first = tx.execute(query).scalars().all()
        store.write_now(lambda other: add(other, "meanwhile"))
        return [*first, *tx.execute(query).scalars()]

    assert store.read_now(twice) == ["before", "before"]
    assert names(store) == ["before", "meanwhile"]


async def test_one_that_raises_undoes_only_itself(store: Store) -> None:
    def fails(tx: Tx) -> None:
        add(tx, "half done")
        raise KeyError("our bug")

    def refused(tx: Tx) -> None:
        add(tx, "half done too")
        add(tx, "a")

    done = await together(store, lambda tx: add(tx, "a"), fails, refused, lambda tx: add(tx, "b"))
    assert names(store) == ["a", "b"]
    assert [type(result) for result in done] == [str, KeyError, StoreUnavailable, str]


async def test_a_part_that_raises_undoes_only_itself_among_others(store: Store) -> None:
    def parts(tx: Tx) -> str:
        add(tx, "before")
        with contextlib.suppress(ZeroDivisionError), savepoint(tx):
            add(tx, "undone")
            raise ZeroDivisionError
        return add(tx, "after")

    assert await together(store, parts, lambda tx: add(tx, "other")) == ["after", "other"]
    assert names(store) == ["after", "before", "other"]


def test_an_error_says_whether_trying_again_helps(store: Store) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        store.write_now(lambda tx: tx.execute(schema.client.insert().values(id="x", name=None)))
    assert refused.value.permanent


def test_an_error_tells_nothing_of_what_was_to_be_written(store: Store) -> None:
    secret = "the code is 2580"
    store.write_now(lambda tx: add(tx, secret))
    with pytest.raises(StoreUnavailable) as refused:
        store.write_now(
            lambda tx: tx.execute(schema.client.insert().values(id=secret, name="twice"))
        )
    parameters = str(refused.value).split("[SQL")[1]
    assert "2580" not in parameters


def test_a_function_that_changes_nothing_wakes_nobody(store: Store, wakes: list[None]) -> None:
    store.write_now(lambda tx: tx.execute(select(func.count()).select_from(schema.client)).scalar())
    store.write_now(lambda tx: tx.execute(schema.client.delete()))
    assert wakes == []
    store.write_now(lambda tx: add(tx, "a"))
    assert len(wakes) == 1


async def test_a_caller_that_gave_up_stops_nobody_else(store: Store) -> None:
    task = asyncio.create_task(store.write(lambda tx: add(tx, "mine")))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.write(lambda tx: add(tx, "later")) == "later"


async def test_closing_finishes_what_was_submitted(database_url: str) -> None:
    migrate(database_url)
    store = Store(database_url, mac=str)
    patient = [
        asyncio.create_task(store.write(partial(add, name=f"c{n}"), patience=60.0))
        for n in range(50)
    ]
    await asyncio.sleep(0)  # all are asked for
    store.close()
    await asyncio.gather(*patient)
    again = Store(database_url, mac=str)
    assert len(names(again)) == 50
    again.close()


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 25, 3, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2))),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_the_same_to_the_microsecond(store: Store, at: datetime) -> None:
    store.write_now(lambda tx: users.process_beat(tx, "web", pid=1, since=at, now=at, state={}))
    kept = store.read_now(lambda tx: tx.execute(select(schema.process.c.since)).scalar_one())
    assert (kept, kept.tzinfo) == (at, UTC)


def test_a_time_without_a_zone_never_reaches_the_rows(store: Store) -> None:
    naive = datetime(2026, 11, 25)  # noqa: DTZ001 (the point)
    with pytest.raises((StoreUnavailable, ValueError), match="without a zone"):
        store.write_now(
            lambda tx: tx.execute(schema.seal.insert().values(at=naive, heads=[], mac=""))
        )
