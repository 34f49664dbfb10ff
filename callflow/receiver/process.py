"""The role ``receiver`` of ``callflow serve``: the lines, on the instance's store."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from callflow import clock, handling
from callflow.config import Settings
from callflow.dispatch.wake import open_store
from callflow.receiver.pace import Pace
from callflow.receiver.server import Receiver
from callflow.signal import Signal
from callflow.storage import Store, StoreUnavailable, signals, sites
from callflow.vault import Vault

log = structlog.get_logger(__name__)

ROLE = "receiver"
#: Seconds between two looks at the accounts' keys: an edit counts within it.
_KEYS_EVERY = 0.5
#: Seconds between two writes of who was heard (invariant 1: at least every five).
_FLUSH_EVERY = 2.0
#: Seconds between two counts of what waits to be correlated, while signals come in.
_BACKLOG_EVERY = 0.1
#: Objects more than at the last look, before the collector of cycles looks again.
_COLLECT_AFTER = 50_000
#: A restart forgets no repeat of the last minutes.
_REPEATS = timedelta(minutes=15)


class ReceiverProcess:
    """The receiver, the keys it needs, and what it tells of itself."""

    def __init__(self, settings: Settings, store: Store, vault: Vault) -> None:
        self._settings, self._store, self._vault = settings, store, vault
        self._keys: dict[str, bytes] = {}
        self._kept: dict[str, bytes] = {}
        self._heard: dict[str, datetime] = {}
        self._since = clock.now()
        self._pace = Pace(settings.long_backlog)
        self._stored = False  # something, since the backlog was counted last

    async def run(self) -> None:
        """Until cancelled."""
        since = clock.now() - _REPEATS
        await self._load_keys()
        receiver = Receiver(
            self._settings,
            store=self._save,
            heard=self._heard.__setitem__,
            key_of=self._keys.get,
            clock=clock.now,
            recent=await self._store.read(lambda tx: signals.recent(tx, since)),
            pace=self._pace,
            vital=handling.is_vital,
        )
        async with asyncio.TaskGroup() as parts:
            parts.create_task(receiver.serve())
            parts.create_task(self._watch_keys())
            parts.create_task(self._watch_backlog())
            parts.create_task(self._tell(receiver))

    async def _save(self, batch: Sequence[Signal]) -> None:
        await self._store.write(lambda tx: handling.store_signals(tx, batch))
        self._stored = True

    async def _watch_backlog(self) -> None:
        while True:
            await asyncio.sleep(_BACKLOG_EVERY)
            if not self._stored and not self._pace.slow:
                continue
            self._stored = False
            try:
                self._pace.backlog = await self._store.read(signals.backlog_size)
            except StoreUnavailable as error:
                log.warning("backlog.not_counted", reason=str(error))

    async def _load_keys(self) -> None:
        kept = await self._store.read(sites.account_keys)
        for account, key in kept.items():
            if self._kept.get(account) != key:
                self._keys[account] = self._vault.decrypt(key)
        for account in self._kept.keys() - kept.keys():
            del self._keys[account]
        self._kept = kept

    async def _watch_keys(self) -> None:
        while True:
            await asyncio.sleep(_KEYS_EVERY)
            try:
                await self._load_keys()
            except StoreUnavailable as error:
                log.warning("keys.not_read", reason=str(error))

    async def _tell(self, receiver: Receiver) -> None:
        while True:
            try:
                await self._flush({"lines": receiver.lines, "connections": receiver.connections})
            except StoreUnavailable as error:
                log.critical("store.away", reason=str(error))
            await asyncio.sleep(_FLUSH_EVERY)

    async def _flush(self, state: dict[str, Any]) -> None:
        """Write who was heard, and that this process lives."""
        heard, now = dict(self._heard), clock.now()
        await self._store.write(lambda tx: handling.heard(tx, heard))
        await self._store.write(
            lambda tx: handling.process_beat(
                tx, ROLE, pid=os.getpid(), since=self._since, now=now, state=state
            )
        )
        for account, at in heard.items():
            if self._heard.get(account) == at:
                del self._heard[account]


def spare_the_collector() -> None:
    """What waits for a commit is no garbage, and there is much of it: search it less often.

    Nor does what was loaded so far become any. It costs a tenth of the receiver's time otherwise.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


async def serve(settings: Settings) -> None:
    """Until cancelled; what was acknowledged is stored."""
    spare_the_collector()
    vault = Vault(settings.data_dir / "keys")
    store = open_store(settings, vault)
    try:
        await ReceiverProcess(settings, store, vault).run()
    finally:
        store.close()
