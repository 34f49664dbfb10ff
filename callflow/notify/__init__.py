"""The ways out of the station other than by phone: mail, SMS, webhooks; and cameras.

A part of the engine's process: it waits for others nearly always, and a process of its own would
cost more than its work. Any number of engines may run one; a message is claimed by one of them.
"""

from __future__ import annotations

import asyncio
import importlib
from datetime import datetime
from typing import TYPE_CHECKING

from callflow import clock
from callflow.core.messages.outbox import Claimed, Still
from callflow.core.messages.proof import Receipt
from callflow.dispatch.wake import open_store, open_wake
from callflow.notify import bounces
from callflow.notify.follower import Follower
from callflow.notify.peers import Peers
from callflow.notify.worker import Send, Worker
from callflow.settings.config import Settings
from callflow.vault import Vault

if TYPE_CHECKING:
    from callflow.notify.recorder import Recorder
    from callflow.notify.ways import Ways
    from callflow.storage import Store

ROLE = "notify"


async def serve(settings: Settings) -> None:
    """Send what is due, until cancelled."""
    vault = Vault.of_station(settings.data_dir)
    ways = await asyncio.to_thread(_load, settings, vault)
    store = open_store(settings, vault)
    wake = open_wake(settings, ROLE)
    try:
        async with asyncio.TaskGroup() as work:
            send = _with_reports(ways, settings, store)
            work.create_task(Worker(store, send, wake, clock.now).run())
            work.create_task(Follower(store, ways.tell, clock.now).run())
            work.create_task(Peers(settings, store, clock.now).run())
            if settings.bounces_host:
                work.create_task(bounces.run(settings, store, clock.now))
            if settings.clip_recorder:
                work.create_task(_recorder(settings, store, vault).run())
    finally:
        wake.close()
        store.close()
        await ways.close()


def _recorder(settings: Settings, store: Store, vault: Vault) -> Recorder:
    from callflow.notify.recorder import Recorder  # noqa: PLC0415

    return Recorder(settings, store, vault, clock.now)


def _with_reports(ways: Ways, settings: Settings, store: Store) -> Send:
    """Send, and before that lay out the report that goes with a message."""

    async def send(message: Claimed, now: datetime) -> Still | Receipt:
        if message.data.get("report") and not message.document_id:
            reports = await asyncio.to_thread(importlib.import_module, "callflow.notify.reports")
            message = await reports.Reports(settings, store).attach(message, now)
        return await ways.send(message, now)

    return send


def _load(settings: Settings, vault: Vault) -> Ways:
    """In a thread: a quarter of a second in which the engine's alarms go on."""
    from callflow.notify.ways import Ways  # noqa: PLC0415

    return Ways(settings, vault)
