"""The database can be written or not, as this process finds by writing that it lives.

Kept in memory: it must be known, shown and heard exactly when nothing can be stored.
"""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import TypeVar

from callflow.clock import Clock
from callflow.core.watch.facts import Database
from callflow.handling.watch.health import Counts, Health, StoreOutage
from callflow.storage import StoreUnavailable

T = TypeVar("T")

#: Seconds that a write may take before people are told; and a read, before they get what we know.
SLOW, READ_WITHIN = 4.0, 3.0
#: The same for who asks how the station is, where memory has an answer: two reads, one second.
AT_ONCE = 0.45
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
        #: As rows told it when they could last be read.
        self.last: Health | None = None
        self.counts = Counts()

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

    def unread(self, error: StoreUnavailable) -> Health:
        """The station's health where rows can't be read, or not in time: what was known last, and
        the database as it is."""
        outage, now = self.outage, self._clock()
        if outage is not None:
            found = Database(writable=False, since=outage.since, reason=outage.reason)
        else:
            slow = isinstance(error, NotInTime)
            found = Database(writable=slow, readable=False, since=now, reason=error.reason)
        return (self.last or Health.unknown(now)).unread(found)

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


class NotInTime(StoreUnavailable):
    """Rows may still be read, but nobody waits for them any longer."""


async def soon(reading: Awaitable[T], within: float | None = None) -> T:
    """What a read gives. Raises NotInTime where that takes too long (seconds)."""
    within = READ_WITHIN if within is None else within
    try:
        return await asyncio.wait_for(reading, within)
    except TimeoutError as error:
        raise NotInTime(f"not read within {within:g} s") from error
