"""Follows the logbook and tells programs of its events, each site's in their order.

A part of the process that sends messages; of several one does it, by a lock that falls with it. It
holds nothing: what a round delivered and could not write down is delivered again, under its ids.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from random import random

import structlog

from callflow.clock import Clock
from callflow.core.messages.outbox import TRY_WITHIN, Fault, Undelivered
from callflow.core.messages.subscriptions import AT_ONCE, ROUND, Event, Queue, Sent, Subscription
from callflow.handling.base.policy import load_policy
from callflow.handling.messages import subscriptions
from callflow.handling.messages.subscriptions import Round
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.engine.duty import Duty
from callflow.storage.messages import subscriptions as rows
from callflow.storage.records.horizon import Settled, horizon

log = structlog.get_logger(__name__)

#: Delivers one event to a program (its second argument counts the tries), or raises Undelivered.
Tell = Callable[[Subscription, Event, int, datetime], Awaitable[None]]

#: Seconds between two looks at the logbook; where nobody is subscribed, between two looks.
_LOOK_EVERY, _IDLE = 1.0, 3.0
#: Entries that nobody wants, after which the place in the logbook is written down all the same.
_WRITE_AFTER = 5_000


def _told(tx: Tx) -> Sequence[Subscription]:
    """Who is told of events now: nobody while nothing may leave."""
    return [] if load_policy(tx).withheld else rows.active(tx)


class Follower:
    """One follower over the instance's store."""

    def __init__(self, store: Store, tell: Tell, clock: Clock) -> None:
        self._store, self._tell, self._clock = store, tell, clock
        self._duty = Duty(store.url, "subscriptions")
        self._settled = Settled()
        #: {(subscription, its revision): up to where nobody wants anything}
        self._seen: dict[tuple[str, int], int] = {}
        self._busy: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as rounds:
                while True:
                    told = await self._looked(rounds)
                    await asyncio.sleep(_LOOK_EVERY if told else _IDLE)
        finally:
            self._duty.close()

    async def _looked(self, rounds: asyncio.TaskGroup) -> bool:
        """Begin a round of each that has none under way; whether anybody is subscribed."""
        try:
            active = await self._store.read(_told)
            if not active or not await self._is_ours():
                return bool(active)
            self._settled = self._settled.seen(await self._store.read(horizon))
        except StoreUnavailable as error:
            log.debug("store.away", reason=error.reason)  # the store says it, once
            return True
        except Exception:  # the engine beside it must not end with us
            log.exception("subscriptions.unread")
            return True
        for one in active:
            if one.id not in self._busy:
                self._busy.add(one.id)
                rounds.create_task(self._rounds(one.id))
        return True

    async def _is_ours(self) -> bool:
        return not self._duty.is_shared or await asyncio.to_thread(self._duty.mine)

    async def _rounds(self, subscription_id: str) -> None:
        """Round after round while there is more."""
        try:
            while await self._round(subscription_id):
                pass
        except StoreUnavailable as error:
            log.debug("store.away", reason=error.reason)
        except Exception:
            log.exception("subscription.failed", subscription=subscription_id)
        finally:
            self._busy.discard(subscription_id)

    async def _round(self, subscription_id: str) -> bool:
        """Send what is to be sent; whether there may be more at once."""
        now, settled = self._clock(), self._settled.upto
        seen = {key[1]: at for key, at in self._seen.items() if key[0] == subscription_id}
        made = await self._store.read(
            lambda tx: subscriptions.next_round(
                tx, subscription_id, now, settled=settled, seen=seen
            )
        )
        if made is None:
            return False
        if made.idle and made.upto - made.subscription.position < _WRITE_AFTER:
            self._forget(subscription_id)
            self._seen[subscription_id, made.subscription.revision] = made.upto
            return made.full
        sent = await self._send(made)
        self._forget(subscription_id)
        jitter, at = random(), self._clock()
        await self._store.write(lambda tx: subscriptions.settle(tx, made, sent, at, jitter=jitter))
        return made.full and any(each.delivered for each in sent)

    def _forget(self, subscription_id: str) -> None:
        for key in [key for key in self._seen if key[0] == subscription_id]:
            del self._seen[key]

    async def _send(self, made: Round) -> list[Sent]:
        """Sites side by side, each one's events one after the other."""
        until = asyncio.get_running_loop().time() + ROUND.total_seconds()
        room = asyncio.Semaphore(AT_ONCE)

        async def send(queue: Queue) -> Sent:
            if queue.site in made.mute:
                return Sent(queue=queue, mute=True)
            async with room:
                return await self._send_queue(made.subscription, queue, until)

        return list(await asyncio.gather(*map(send, made.queues)))

    async def _send_queue(self, one: Subscription, queue: Queue, until: float) -> Sent:
        tries = queue.lane.attempts if queue.lane is not None else 0
        for at, event in enumerate(queue.events):
            if asyncio.get_running_loop().time() >= until:
                return Sent(queue=queue, delivered=at)
            error = await self._told(one, event, 1 if at else tries + 1)
            if error:
                return Sent(queue=queue, delivered=at, error=error)
        return Sent(queue=queue, delivered=len(queue.events))

    async def _told(self, one: Subscription, event: Event, attempt: int) -> str:
        """Why it was not delivered; "": it was."""
        try:
            async with asyncio.timeout(TRY_WITHIN.total_seconds()):
                await self._tell(one, event, attempt, self._clock())
        except Undelivered as failure:
            return str(failure)[:200]
        except TimeoutError:
            return Fault.TIMEOUT.value
        except Exception:  # whatever it is, it is tried again, and told in the end
            log.exception("event.failed", subscription=one.id, event=event.id)
            return Fault.INTERNAL.value
        return ""
