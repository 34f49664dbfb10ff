"""Sends what is due, each channel apart: a dead mail server delays no SMS.

It holds nothing: a message is claimed for a while, and whoever lives then sends it again with the
same id.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import random

import structlog

from callflow.clock import Clock
from callflow.core.messages.outbox import (
    BY_CALL,
    LEASE,
    TRY_WITHIN,
    Channel,
    Claimed,
    Fault,
    Still,
    Undelivered,
)
from callflow.core.messages.proof import Receipt
from callflow.dispatch.wake import Wake
from callflow.handling.messages import delivery
from callflow.storage import Store, StoreUnavailable, Tx

log = structlog.get_logger(__name__)

#: Delivers one message, or raises Undelivered; what a camera gave, or the far end said of it.
Send = Callable[[Claimed, datetime], Awaitable[Still | Receipt]]

#: Messages of one channel that are on their way at a time. Dead cameras are slow to fail.
_ROOM, _ROOMS = 8, {Channel.IMAGES: 24}
#: Seconds between two looks: a lost wake-up costs no more.
_LOOK_EVERY = 1.0
#: Seconds after which a result that could not be stored is stored again.
_STORE_AGAIN = 0.5


class Worker:
    """One sender over the instance's store; several share the work."""

    def __init__(
        self,
        store: Store,
        send: Send,
        wake: Wake,
        clock: Clock,
        *,
        lease: timedelta = LEASE,
    ) -> None:
        self._store, self._send, self._wake, self._clock = store, send, wake, clock
        self._lease = lease
        self._busy: Counter[Channel] = Counter()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tries:
            while True:
                claimed = await self._claimed()
                for message in claimed:
                    self._busy[message.channel] += 1
                    tries.create_task(self._try(message))
                if not claimed:
                    await self._wake.wait(_LOOK_EVERY)

    async def _claimed(self) -> list[Claimed]:
        """``_claim``; none where that fails: the engine beside it must not end with us."""
        try:
            return await self._claim()
        except StoreUnavailable as error:
            log.debug("store.away", reason=error.reason)  # the store says it, once
        except Exception:
            log.exception("messages.unclaimed")
        return []

    async def _claim(self) -> list[Claimed]:
        """Messages that are due, as far as there is room. Nearly always it only reads."""
        now = self._clock()
        due = await self._store.read(lambda tx: delivery.due_channels(tx, now))
        room = {
            channel: _ROOMS.get(channel, _ROOM) - self._busy[channel]
            for channel in due
            if channel not in BY_CALL
        }
        room = {channel: free for channel, free in room.items() if free > 0}
        if not room:
            return []
        return await self._store.write(
            lambda tx: delivery.claim_messages(tx, now, room, lease=self._lease)
        )

    async def _try(self, message: Claimed) -> None:
        try:
            await self._record(await self._outcome(message))
        except Exception:  # the others go on; this one is claimed again, MOST_CLAIMS times
            log.exception("message.unrecorded", message=message.id)
        finally:
            self._busy[message.channel] -= 1
            self._wake.nudge()  # there is room for the next one

    async def _outcome(self, message: Claimed) -> Callable[[Tx, datetime], None]:
        """Send it; what is to be written down of that."""
        try:
            async with asyncio.timeout(TRY_WITHIN.total_seconds()):
                given = await self._send(message, self._clock())
        except Undelivered as failure:
            return self._failed(message, failure)
        except TimeoutError:
            return self._failed(message, Undelivered(Fault.TIMEOUT))
        except Exception:  # whatever it is, the message is tried again, and a human's in the end
            log.exception("message.failed", message=message.id, channel=message.channel.value)
            return self._failed(message, Undelivered(Fault.INTERNAL))
        if isinstance(given, Still):
            return lambda tx, now: delivery.image_fetched(tx, message.id, given, now)
        if given.final:
            return lambda tx, now: delivery.message_sent(tx, message.id, now, given)
        jitter = random()
        return lambda tx, now: delivery.message_taken(
            tx, message.id, message.attempts, given, now, jitter=jitter
        )

    @staticmethod
    def _failed(message: Claimed, failure: Undelivered) -> Callable[[Tx, datetime], None]:
        jitter = random()
        return lambda tx, now: delivery.message_failed(
            tx, message.id, message.attempts, failure, now, jitter=jitter
        )

    async def _record(self, result: Callable[[Tx, datetime], None]) -> None:
        """Store it, however long the store is away: forgotten, it would be sent again."""
        while True:
            try:
                return await self._store.write(lambda tx: result(tx, self._clock()))
            except StoreUnavailable as error:
                if error.permanent:
                    raise
                await asyncio.sleep(_STORE_AGAIN)
