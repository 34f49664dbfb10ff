"""Nobody is woken before there is something to do: that costs more than a small transaction."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from callflow.clock import monotonic
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.engine import requests
from tests.support.rows.migrated import migrate

MANY = 40


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    migrate(database_url)
    store = Store(database_url, mac=str)
    yield store
    store.close()


def nothing(_: Tx) -> None:
    """Reads and writes no row."""


async def patient(store: Store) -> None:
    """Each is asked for in a turn of the loop of its own; whoever can't wait takes all along."""
    tasks = []
    for _ in range(MANY):
        tasks.append(asyncio.create_task(store.write(nothing, patience=60.0)))
        await asyncio.sleep(0)
    await asyncio.gather(store.write(nothing), *tasks)


async def test_the_writer_does_not_look_at_each_that_may_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write(nothing)
    looks = list[None]()

    def looked() -> float:
        if threading.current_thread().name == "writer":
            looks.append(None)
        return monotonic()

    monkeypatch.setattr(requests, "monotonic", looked)
    await patient(store)
    # When the first comes and when the last does, with the pause between two commits, and each
    # commit's end: whatever their number.
    assert len(looks) <= 8 < MANY


async def test_the_loop_is_told_of_a_commit_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, told = asyncio.get_running_loop(), list[object]()
    call = loop.call_soon_threadsafe

    def counted(work: Callable[..., Any], *args: Any, **named: Any) -> asyncio.Handle:
        told.append(work)
        return call(work, *args, **named)

    await store.write(nothing)
    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    await patient(store)
    assert len(told) == 1


async def test_the_reader_that_was_busy_last_reads_next(store: Store) -> None:
    all_at_work = threading.Barrier(4)

    def together(_: Tx) -> str:
        all_at_work.wait(30)
        return threading.current_thread().name

    threads = set(await asyncio.gather(*(store.read(together) for _ in range(4))))
    assert len(threads) == 4

    def who(_: Tx) -> str:
        return threading.current_thread().name

    assert len({await store.read(who) for _ in range(MANY)}) == 1


async def test_what_was_withdrawn_is_not_run_and_what_runs_is_not_withdrawn(store: Store) -> None:
    begun, go, ran = threading.Event(), threading.Event(), list[str]()

    def held(_: Tx) -> None:
        begun.set()
        go.wait(30)
        ran.append("held")

    def never(_: Tx) -> None:
        ran.append("never")

    running = asyncio.create_task(store.write(held))
    await asyncio.to_thread(begun.wait, 30)
    waiting = asyncio.create_task(store.write(never))
    await asyncio.sleep(0)
    for task in (running, waiting):
        task.cancel()
    await asyncio.wait([running, waiting])
    go.set()
    await store.write(nothing)
    assert ran == ["held"]


async def test_what_no_future_can_carry_is_told_all_the_same(store: Store) -> None:
    def runs_out(_: Tx) -> None:
        raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.write(runs_out)
    with pytest.raises(StoreUnavailable):
        await store.write(lambda tx: tx.exec_driver_sql("no such thing"))
