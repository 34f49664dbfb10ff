"""What a process does beside: a work that fails ends nothing, is named, and is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from callflow.dispatch.beside import Beside
from callflow.storage import StoreUnavailable


@pytest.fixture
def beside() -> Beside:
    return Beside()


def failing(
    error: Exception, tries: int, name: str = "erase"
) -> tuple[Callable[[], Awaitable[None]], asyncio.Event]:
    """A work that fails so often, and what is set when it did not."""
    left, done = iter(range(tries)), asyncio.Event()

    async def work() -> None:
        if next(left, None) is not None:
            raise error
        done.set()

    work.__qualname__ = name
    return work, done


async def runs(beside: Beside, *works: Callable[[], Awaitable[None]]) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(beside.every(0, work)) for work in works]
    while not beside.failing and not tasks[0].done():  # noqa: ASYNC110 -- it has no event
        await asyncio.sleep(0)
    return tasks


async def test_who_fails_is_named_and_the_others_go_on(beside: Beside) -> None:
    broken, _ = failing(ValueError("altered"), 1_000_000)
    well, done = failing(ValueError(), 0, "charge")
    tasks = await runs(beside, broken, well)
    assert beside.failing == ["erase"]
    done.clear()
    await done.wait()
    assert beside.failing == ["erase"]
    assert not any(task.done() for task in tasks)
    for task in tasks:
        task.cancel()


async def test_who_is_well_again_is_named_no_more(beside: Beside) -> None:
    work, done = failing(ValueError("altered"), 3)
    (task,) = await runs(beside, work)
    await done.wait()
    await asyncio.sleep(0)
    assert beside.failing == []
    task.cancel()


async def test_a_database_that_is_away_is_no_fault_of_the_work(beside: Beside) -> None:
    work, done = failing(StoreUnavailable("away"), 3)
    task = asyncio.create_task(beside.every(0, work))
    await done.wait()
    assert beside.failing == []
    task.cancel()
