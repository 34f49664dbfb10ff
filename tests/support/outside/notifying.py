"""A worker that sends what a test's station posts; its commits are waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from callflow import clock
from callflow.core.messages.outbox import Channel
from callflow.dispatch.wake import WakeSocket
from callflow.handling.base import policy
from callflow.handling.messages import images
from callflow.handling.messages import outbox as messages_outbox
from callflow.notify.ways import Ways
from callflow.notify.worker import Send, Worker
from callflow.settings.config import Settings
from callflow.storage import Store
from callflow.storage.alarms import incidents
from callflow.storage.messages import outbox
from tests.support.stations.web_station import WebStation

Row = dict[str, Any]


class Posting(WebStation):
    """A station with one alarm, whose messages go out by a worker in this process."""

    def __init__(self, data_dir: Path, *, cameras: list[Row] | None = None) -> None:
        super().__init__(data_dir)
        settings = self.settings.model_copy(update={"camera_series": ()})
        self.do(lambda tx: policy.save_policy(tx, settings))  # cameras are asked by tests only
        self.site(cameras=cameras or [])
        self.incident: str = self.alarm().id

    def post(self, to: str, channel: Channel = Channel.MAIL, text: str = "Alarme") -> str:
        """Ask for one message; its id."""

        def ask(tx: Any) -> str | None:
            row = incidents.get(tx, self.incident)
            assert row is not None
            return messages_outbox.post(tx, row, channel, to, "Alarme", text, clock.now())

        message_id = self.do(ask)
        assert message_id is not None
        return str(message_id)

    def fetch_images(self) -> None:
        """Ask the cameras."""

        def ask(tx: Any) -> int:
            row = incidents.get(tx, self.incident)
            assert row is not None
            return images.fetch_images(tx, row, clock.now())

        self.do(ask)

    def state(self, message_id: str) -> str:
        """Where a message stands."""
        row = self.store.read_now(lambda tx: outbox.get(tx, message_id))
        assert row is not None
        return str(row.state)

    def leases_end(self) -> None:
        """As if whoever has claimed a message had had it for too long."""
        self.do(lambda tx: outbox.due_no_later(tx, clock.now()))

    def environment(self) -> Row:
        """What makes another process one of this station's."""
        return {
            "CALLFLOW_DATA_DIR": str(self.settings.data_dir),
            "CALLFLOW_PORT_BASE": str(self.settings.port_base),
        }


class Sending:
    """A worker under way."""

    def __init__(self) -> None:
        self._committed = asyncio.Condition()

    async def committed(self) -> None:
        async with self._committed:
            self._committed.notify_all()

    async def until(self, fact: Callable[[], bool], *, within: float = 20) -> None:
        """Wait until a commit of the worker made it true."""
        async with asyncio.timeout(within), self._committed:
            await self._committed.wait_for(fact)


@asynccontextmanager
async def sending(
    station: Posting, *, send: Send | None = None, role: str = "notify", **fields: Any
) -> AsyncIterator[Sending]:
    """A worker beside the test, with settings of its own; ``send`` instead of real ways out."""
    loop, seen = asyncio.get_running_loop(), Sending()

    def committed(_: frozenset[str]) -> None:
        asyncio.run_coroutine_threadsafe(seen.committed(), loop)

    settings = Settings(**{**station.settings.model_dump(), **fields})
    store = Store(settings.database, mac=station.vault.seal, after_commit=committed)
    ways = Ways(settings, station.vault)
    wake = WakeSocket(settings.run_dir, role)
    work = asyncio.create_task(Worker(store, send or ways.send, wake, clock.now).run())
    try:
        yield seen
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        wake.close()
        await asyncio.to_thread(store.close)
        await ways.close()
