"""The index of the logbook's words follows behind what is told, in the engine's process.

A small batch now and then while signals come in, one after the other while none do; each shares a
commit with others. It holds nothing: how far the index is stands in its row, in the transaction
that brings it on.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from callflow import clock
from callflow.storage import Store, Tx
from callflow.storage.records import words
from callflow.storage.records.horizon import Horizon, Settled, horizon

#: Entries of one batch, and of one where very many wait: some milliseconds, some more.
_BATCH, _LARGE_BATCH, _VERY_MANY = 200, 1_000, 5_000
#: Fewer than a batch wait for others, so many seconds.
_PATIENCE = 5.0
#: Seconds that a batch may wait for a commit to share, and that are left to others after it.
_SHARING, _PAUSE = 0.2, 0.05


class Indexer:
    """The index of one station, as far as this engine brings it on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._settled = Settled()
        self._waiting_since: float | None = None

    async def go_on(self, *, is_busy: Callable[[], bool]) -> None:
        """One batch where enough waits; more as long as the engine has nothing else to do."""
        while True:
            waiting = await self._waiting()
            if waiting <= 0 or (waiting < _BATCH and not self._waited()):
                return
            limit = _LARGE_BATCH if waiting > _VERY_MANY else _BATCH
            batch = await self._store.read(
                partial(words.gathered, until=self._settled.upto, limit=limit)
            )
            if batch is not None:
                await self._store.write(partial(words.put, batch=batch), patience=_SHARING)
            self._waiting_since = None
            if is_busy():
                return
            await asyncio.sleep(_PAUSE)

    async def _waiting(self) -> int:
        """How many numbers are not in the index, of those that can be."""

        def look(tx: Tx) -> tuple[Horizon, int]:
            at = words.state(tx)
            return horizon(tx), at.position if at else 0

        seen, position = await self._store.read(look)
        self._settled = self._settled.seen(seen)
        return self._settled.upto - position

    def _waited(self) -> bool:
        """True where those that wait have waited long enough."""
        now = clock.monotonic()
        if self._waiting_since is None:
            self._waiting_since = now
        return now - self._waiting_since >= _PATIENCE
