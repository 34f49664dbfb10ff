"""The database can be written or not, as this process finds by writing that it lives.

Kept in memory: it must be known, shown and heard exactly when nothing can be stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from callflow.clock import Clock, to_iso
from callflow.handling.watch.health import StoreOutage
from callflow.storage import StoreUnavailable

T = TypeVar("T")

#: Seconds that a write may take before people are told; and a read, before they get what we know.
SLOW, READ_WITHIN = 4.0, 3.0
#: After an outage the other processes need so long to say again that they live.
_CATCHING_UP = timedelta(seconds=6)


class StoreWatch:
    """What is known of the database now, and of the station when it could last be read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._well_at = clock()  # when others could write last, if there is or was an outage
        self._over_at: datetime | None = None  # when the last one ended
        self.outage: StoreOutage | None = None
        self.changed = asyncio.Event()  # another one each time
        self.last_health: dict[str, Any] = {}

    async def follow(self, writing: Awaitable[None]) -> None:
        """Await a write; that it is slow, fails or succeeds is what we know of the database."""
        began = self._clock()
        task = asyncio.ensure_future(writing)
        try:
            done, _ = await asyncio.wait({task}, timeout=SLOW)
            if not done:
                self._begun(began, f"no answer for {SLOW:.0f} s")
            await task
        except StoreUnavailable as error:
            self._begun(began, error.reason)
        except asyncio.CancelledError:
            task.cancel()
            raise
        else:
            self._ended()

    def beats_at(self, now: datetime) -> datetime:
        """When other processes' last sign of life must have been fresh.

        Since an outage began they can't have written any: that does not make them dead.
        """
        if self.outage is not None or self._catches_up(now):
            return self._well_at
        return now

    def _catches_up(self, now: datetime) -> bool:
        return self._over_at is not None and now - self._over_at < _CATCHING_UP

    def health_unread(self, reason: str) -> dict[str, Any]:
        """``GET health`` where the database can't even be read: what was known last."""
        outage = self.outage
        since, said = (outage.since, outage.reason) if outage else (self._clock(), reason)
        database = {"writable": False, "since": to_iso(since), "reason": said}
        return {**self.last_health, "status": "failed", "database": database}

    def _begun(self, since: datetime, reason: str) -> None:
        known = self.outage
        self.outage = StoreOutage(since=known.since if known else since, reason=reason)
        if known is None:
            if not self._catches_up(since):
                self._well_at = since
            self._say()

    def _ended(self) -> None:
        if self.outage is not None:
            self._over_at, self.outage = self._clock(), None
            self._say()

    def _say(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


async def soon(reading: Awaitable[T]) -> T:
    """What a read gives. Raises StoreUnavailable where that takes too long."""
    try:
        return await asyncio.wait_for(reading, READ_WITHIN)
    except TimeoutError as error:
        raise StoreUnavailable(f"not read within {READ_WITHIN:.0f} s") from error
