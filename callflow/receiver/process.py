"""The role ``receiver`` of ``callflow serve``: the lines, on the instance's store."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

import structlog

from callflow import clock
from callflow.core.signals.protocol import Heard
from callflow.core.signals.signal import Signal
from callflow.dispatch.identity import Identity, only, taken
from callflow.dispatch.wake import open_store
from callflow.handling.base import storing
from callflow.handling.base.policy import load_policy
from callflow.handling.watch import receivers
from callflow.probes.machine import Probe
from callflow.receiver.keys import Keys
from callflow.receiver.pace import Pace
from callflow.receiver.server import Receiver
from callflow.receiver.watching import signal_of
from callflow.settings.config import Settings
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.signals import signals
from callflow.storage.sites import sites
from callflow.vault import Vault

log = structlog.get_logger(__name__)

ROLE = "receiver"
#: Seconds between two looks at the accounts' keys: an edit counts within it.
_KEYS_EVERY = 0.5
#: Seconds between two writes of who was heard (invariant 1: at least every five).
_FLUSH_EVERY = 2.0
#: Accounts heard that are written in one transaction: other writers wait no longer for it.
_FLUSH_SHARE = 500
#: Seconds between two counts of what waits to be correlated, while signals come in: where it may be
#: long, and where it can't be by what was stored here (other receivers store too).
_BACKLOG_EVERY, _BACKLOG_AT_LEAST = 0.1, 1.0
#: Seconds between two looks at the hardware receivers' heartbeats.
_WATCH_EVERY = 1.0
#: A restart forgets no repeat of the last minutes.
_REPEATS = timedelta(minutes=15)


class ReceiverProcess:
    """The receiver, the keys it needs, and what it tells of itself."""

    def __init__(
        self, settings: Settings, store: Store, vault: Vault, me: Identity | None = None
    ) -> None:
        self._settings, self._store = settings, store
        self._me = me or only(settings, ROLE)
        self._keys, self._probe = Keys(store, vault), Probe(settings)
        self._heard: dict[tuple[str, str], Heard] = {}  # by account and line
        self._not_stored_since: datetime | None = None
        self._pace = Pace(settings.long_backlog)
        self._stored = 0  # signals, since the backlog was counted last
        #: Restored and not released: a receiver that we call would take us for its station.
        self._held = True
        self._may_be_long = asyncio.Event()  # the backlog, by what was stored since then

    async def run(self) -> None:
        """Until cancelled."""
        since = clock.now() - _REPEATS
        await self._keys.look()
        self._held = (await self._store.read(load_policy)).held
        receiver = Receiver(
            self._settings,
            store=self._save,
            heard=self._note_heard,
            key_of=self._keys.of,
            clock=clock.now,
            recent=await self._store.read(lambda tx: signals.recent(tx, since)),
            known=await self._store.read(receivers.known_receivers),
            pace=self._pace,
            vital=storing.is_vital,
            may_call=lambda: not self._held,
            in_shadow=lambda account: self._settings.shadow or self._keys.in_shadow(account),
        )
        async with asyncio.TaskGroup() as parts:
            parts.create_task(receiver.serve())
            parts.create_task(self._watch_keys())
            parts.create_task(self._watch_backlog())
            parts.create_task(self._watch_receivers(receiver))
            parts.create_task(self._tell(receiver))

    async def _save(self, batch: Sequence[Signal]) -> None:
        try:
            await self._store.write(lambda tx: storing.store_signals(tx, batch))
        except StoreUnavailable as error:
            if not error.permanent:
                self._not_stored_since = self._not_stored_since or clock.now()
            raise
        self._stored, self._not_stored_since = self._stored + len(batch), None
        if self._pace.may_be_long(self._stored):
            self._may_be_long.set()

    def _note_heard(self, account: str, heard: Heard) -> None:
        """Keep what the next flush writes: the last sign of life, and the last clock seen."""
        # Each line by itself: what is said on another must not hide what its own line says (D31).
        before = self._heard.get((account, heard.line))
        if before is not None and (heard.skew is None or heard.at is None):
            skew = before.skew if heard.skew is None else heard.skew
            heard = heard._replace(at=heard.at or before.at, skew=skew)
        self._heard[account, heard.line] = heard

    async def _watch_backlog(self) -> None:
        while True:
            await asyncio.sleep(_BACKLOG_EVERY)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BACKLOG_AT_LEAST - _BACKLOG_EVERY):
                    await self._may_be_long.wait()
            if not self._stored and not self._pace.may_be_long(0):
                continue
            self._stored = 0
            try:
                self._pace.backlog = await self._store.read(signals.backlog_size)
            except StoreUnavailable as error:
                log.warning("backlog.not_counted", reason=str(error))
            if not self._pace.may_be_long(self._stored):
                self._may_be_long.clear()

    async def _watch_keys(self) -> None:
        while True:
            await asyncio.sleep(_KEYS_EVERY)
            try:
                await self._keys.look()
            except StoreUnavailable as error:
                log.warning("keys.not_read", reason=str(error))

    async def _watch_receivers(self, receiver: Receiver) -> None:
        """A hardware receiver that is lost, or back, is a signal of the station's own."""
        told = receiver.known
        while True:
            await asyncio.sleep(_WATCH_EVERY)
            try:
                if changes := receiver.changes():
                    found = [signal_of(change, clock.now()) for change in changes]
                    now_lost = {change.name: change.lost for change in changes}
                    await self._store.write(
                        partial(
                            receivers.note_receivers,
                            receivers={**receiver.known, **now_lost},
                            signals=found,
                        )
                    )
                    receiver.told(changes)
                    told = receiver.known
                elif receiver.known != told:
                    known = receiver.known
                    await self._store.write(partial(receivers.note_receivers, receivers=known))
                    told = known
            except StoreUnavailable as error:
                log.warning("receivers.not_told", reason=str(error))

    async def _tell(self, receiver: Receiver) -> None:
        while True:
            try:
                await self._flush_heard()
                await self._beat(receiver)
            except StoreUnavailable as error:
                log.debug("store.away", reason=error.reason)  # the store says it, once
            await asyncio.sleep(_FLUSH_EVERY)

    async def _flush_heard(self) -> None:
        """Write who was heard, a share at a time; what is heard meanwhile is the next flush's."""
        left = len(self._heard)
        while left > 0 and self._heard:
            share = dict(islice(self._heard.items(), _FLUSH_SHARE))
            left -= len(share)
            await self._store.write(partial(_write_heard, share=share))
            for place, heard in share.items():
                if self._heard.get(place) is heard:
                    del self._heard[place]

    async def _beat(self, receiver: Receiver) -> None:
        since = self._not_stored_since
        state: dict[str, Any] = {
            "lines": receiver.lines,
            "connections": receiver.connections,
            "not_stored_since": clock.to_iso(since) if since else None,
            "latencies": receiver.latencies,
            "failing": ["keys"] if self._keys.unreadable else [],
            "machine": await asyncio.to_thread(self._probe.look),
        }

        def beat(tx: Tx) -> bool:
            self._me.beat(tx, clock.now(), state)
            return load_policy(tx).held

        self._held = await self._store.write(beat)


def _write_heard(tx: Tx, share: Mapping[tuple[str, str], Heard]) -> None:
    for line in dict.fromkeys(line for _, line in share):
        sites.note_heard(
            tx, {account: heard for (account, of), heard in share.items() if of == line}
        )


async def serve(settings: Settings) -> None:
    """Until cancelled; what was acknowledged is stored."""
    with taken(settings, ROLE) as me:
        vault = Vault.of_station(settings.data_dir)
        store = open_store(settings, vault)
        try:
            await ReceiverProcess(settings, store, vault, me).run()
        finally:
            store.close()
