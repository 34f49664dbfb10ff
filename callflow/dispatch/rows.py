"""Dispatch in the process, over due rows: one machine, SQLite."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog

from callflow import clock
from callflow.dispatch.ports import Handler
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.alarms import incidents

log = structlog.get_logger(__name__)

#: Seconds between two looks.
_LOOK_EVERY = 0.2
#: Incidents decided at once: they share commits.
_AT_ONCE = 50


class RowDispatch:
    """The row's time is all there is: it is looked at five times a second."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def wake(self, tx: Tx, incident: str, at: datetime) -> None:
        """Nothing: the row says it."""

    async def run(self, handler: Handler) -> None:
        """Until cancelled."""
        await sweep(self._store, handler, every=_LOOK_EVERY)


async def sweep(
    store: Store,
    handler: Handler,
    *,
    every: float,
    late: timedelta = timedelta(0),
    now: Callable[[], datetime] = clock.now,
) -> None:
    """Every so many seconds call ``handler`` for what has been due for longer than ``late``."""
    seen: list[str] = []
    while True:
        due: list[str] = []
        try:
            due = await store.read(partial(incidents.due, now=now() - late, limit=_AT_ONCE))
            await _all(due, handler)
        except StoreUnavailable as error:
            log.debug("store.away", reason=error.reason)  # the store says it, once
        if not due or due == seen:  # the same again: others have it in hand, or it fails
            await asyncio.sleep(every)
        seen = due


async def _all(due: list[str], handler: Handler) -> None:
    """Decide each, all at once, each undoing only itself."""
    results = await asyncio.gather(*map(handler, due), return_exceptions=True)
    for incident, result in zip(due, results, strict=True):
        away = isinstance(result, StoreUnavailable) and not result.permanent
        if isinstance(result, Exception) and not away:  # the store says that it is away
            log.error("decide.failed", incident=incident, reason=str(result))
