"""Whoever dispatches: each incident that falls due is decided, soon, by one, whatever dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from callflow import clock
from callflow.core.signals.signal import Signal
from callflow.dispatch.opening import open_dispatch
from callflow.dispatch.wake import open_store, open_wake
from callflow.handling.alarms import receiving
from callflow.handling.base import storing
from callflow.settings.config import Settings
from callflow.storage import Store, Tx
from callflow.storage.alarms import incidents
from callflow.storage.engine.duty import Duty
from callflow.storage.engine.jobs import defer_ahead
from callflow.vault import Vault
from tests.support.rows.migrated import migrate

pytestmark = pytest.mark.both_databases

WITHIN = 20.0  # seconds; the machine is shared


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    migrate(database_url)
    return Settings(data_dir=tmp_path, database_url=database_url)


@pytest.fixture
def opened(settings: Settings) -> Iterator[Callable[[], Store]]:
    """Stores as processes open them; each a writer of its own."""
    stores: list[Store] = []

    def another() -> Store:
        stores.append(open_store(settings, Vault(settings.data_dir / "keys")))
        return stores[-1]

    yield another
    for store in stores:
        store.close()


def incident(store: Store, account: str, due: datetime) -> str:
    """An incident of no site, at rest but for its time."""
    signal = Signal(
        account=account,
        format="SIA-DCS",
        code="BA",
        zone="1",
        received_at=clock.now(),
        deduplication=account,
    )

    def made(tx: Tx) -> str:
        storing.store_signals(tx, [signal])
        receiving.correlate(tx, clock.now())
        row = next(row for row in incidents.page(tx, account=account))
        incidents.change(tx, row, machine_due=due)
        return str(row.id)

    return store.write_now(made)


class Handler:
    """Takes what is due from its incident, once, and counts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.done: Counter[str] = Counter()

    async def __call__(self, incident_id: str) -> None:
        def decided(tx: Tx) -> bool:
            if not incidents.take_due(tx, incident_id, clock.now()):
                return False
            row = incidents.get(tx, incident_id)
            assert row is not None
            incidents.change(tx, row, machine_due=None)
            return True

        if await self._store.write(decided):
            self.done[incident_id] += 1


async def all_done(handlers: list[Handler], wanted: set[str]) -> Counter[str]:
    async with asyncio.timeout(WITHIN):
        while True:
            done = sum((handler.done for handler in handlers), Counter[str]())
            if wanted <= set(done):
                return done
            await asyncio.sleep(0.02)


async def test_what_is_due_is_decided_by_one_of_many(
    opened: Callable[[], Store], settings: Settings
) -> None:
    workers = 1 if settings.database.startswith("sqlite") else 3
    stores = [opened() for _ in range(workers)]
    handlers = [Handler(store) for store in stores]
    soon = clock.now() + timedelta(seconds=0.5)
    wanted = {incident(stores[0], f"A{n}", soon) for n in range(12)}
    running = [
        asyncio.create_task(open_dispatch(store).run(handler))
        for store, handler in zip(stores, handlers, strict=True)
    ]
    try:
        done = await all_done(handlers, wanted)
        assert clock.now() >= soon
        assert set(done.values()) == {1}
        later = incident(stores[0], "B", clock.now())  # while they run
        await all_done(handlers, wanted | {later})
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_lost_hint_costs_a_second(opened: Callable[[], Store]) -> None:
    """Rows are the truth: a job that a dead worker took with it, or nobody made."""
    store = opened()
    handler = Handler(store)
    one = incident(store, "A1", clock.now())
    if not store.sqlite:
        store.write_now(lambda tx: tx.execute(text("DELETE FROM procrastinate_jobs")))
    running = asyncio.create_task(open_dispatch(store).run(handler))
    try:
        await all_done([handler], {one})
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def jobs(store: Store) -> list[Any]:
    query = text("SELECT queueing_lock, scheduled_at FROM procrastinate_jobs WHERE status = 'todo'")
    return list(store.read_now(lambda tx: tx.execute(query).all()))


async def test_a_job_is_the_caller_s_transaction_and_moves_with_the_row(
    opened: Callable[[], Store],
) -> None:
    store = opened()
    if store.sqlite:  # the row's time is all there is
        assert store.write_now(lambda tx: tx.info["wake"]) is None
        return
    first = clock.now() + timedelta(seconds=40)
    one = incident(store, "A1", first)
    assert jobs(store) == [(one, first)]

    def moved(tx: Tx, at: datetime, *, fails: bool = False) -> None:
        row = incidents.get(tx, one)
        assert row is not None
        incidents.change(tx, row, machine_due=at)
        if fails:
            raise KeyError("undone")

    later = first + timedelta(seconds=10)
    store.write_now(lambda tx: moved(tx, later))
    assert jobs(store) == [(one, later)]
    with pytest.raises(KeyError):
        store.write_now(lambda tx: moved(tx, first, fails=True))
    assert jobs(store) == [(one, later)]


async def test_what_is_far_ahead_has_its_job_in_time(opened: Callable[[], Store]) -> None:
    """Thousands that wait for tomorrow don't slow down the look for what is due now."""
    store = opened()
    if store.sqlite:
        return
    far = clock.now() + timedelta(minutes=30)
    one = incident(store, "A1", far)
    assert jobs(store) == []
    store.write_now(lambda tx: defer_ahead(tx, far - timedelta(minutes=2)))
    assert jobs(store) == []
    for _ in range(2):
        store.write_now(lambda tx: defer_ahead(tx, far - timedelta(seconds=30)))
        assert jobs(store) == [(one, far)]


async def test_a_commit_wakes_the_processes_that_have_work(
    opened: Callable[[], Store], settings: Settings
) -> None:
    """Elsewhere too: on PostgreSQL the hint comes from the database, not from the machine."""
    store = opened()
    engine, telephony = open_wake(settings, "engine"), open_wake(settings, "telephony")
    try:
        async with asyncio.timeout(WITHIN):
            number = 0
            while not await engine.wait(0.1):  # its listening may only begin now
                number += 1
                await asyncio.to_thread(incident, store, f"A{number}", clock.now())
        assert not await telephony.wait(0.05)
        telephony.nudge()
        assert await telephony.wait(0.05)
    finally:
        engine.close()
        telephony.close()


def test_a_duty_is_one_s_until_it_dies(settings: Settings) -> None:
    first, second = (Duty(settings.database, "night watch") for _ in range(2))
    other = Duty(settings.database, "day watch")
    try:
        assert first.mine()
        assert first.mine()
        assert other.mine()
        if not settings.database.startswith("sqlite"):
            assert not second.mine()
        first.close()
        assert second.mine()
    finally:
        for duty in (first, second, other):
            duty.close()


def test_a_duty_is_lost_with_its_connection(postgresql_url: str) -> None:
    """A holder whose machine vanished, or that hangs, is cut off by PostgreSQL."""
    first, second = (Duty(postgresql_url, "night watch") for _ in range(2))
    store = Store(postgresql_url, mac=str)
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    try:
        assert first.mine()
        store.write_now(lambda tx: tx.execute(cut))
        taken = False
        deadline = clock.monotonic() + WITHIN
        while not taken and clock.monotonic() < deadline:
            taken = second.mine()
        assert taken
        assert not first.mine()
        assert not first.mine()
        second.close()
        assert first.mine()
    finally:
        first.close()
        second.close()
        store.close()
