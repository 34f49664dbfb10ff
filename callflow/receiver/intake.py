"""Storing and then acknowledging: one commit for whatever arrived while the last one ran."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from callflow.signal import Signal
from callflow.signals.dc09 import Received

Store = Callable[[Sequence[Signal]], Awaitable[None]]

#: Signals that share one call of the store. A larger share only makes the first ones wait.
SHARED = 1000

_log = structlog.get_logger()


class Sender(Protocol):
    """Whoever waits for answers."""

    def answered(self, outcomes: Sequence[Received], *, stored: bool) -> None:
        """The signals of ``outcomes`` are durable, or (``stored`` false) could not be stored."""


_Waiting = tuple[Sender, Sequence[Received]]


class Intake:
    """Keeps the order of each sender; one store call at a time, shared by all senders.

    It holds nothing back by itself: senders bound what they have in flight.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, sender: Sender, outcomes: Sequence[Received]) -> None:
        """``sender`` is told, in order, when the signals of ``outcomes`` are durable."""
        self._waiting.append((sender, outcomes))
        self._idle.clear()
        self._arrived.set()

    async def run(self) -> None:
        """Store and tell, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._share(self._next_share())
            self._idle.set()

    async def drained(self) -> None:
        """Return when everything that was added has been answered."""
        await self._idle.wait()

    def _next_share(self) -> list[_Waiting]:
        share: list[_Waiting] = []
        signals = 0
        while self._waiting and signals < SHARED:
            waiting = self._waiting.popleft()
            share.append(waiting)
            signals += sum(len(outcome.signals) for outcome in waiting[1])
        return share

    async def _share(self, share: list[_Waiting]) -> None:
        stored = await self._stored(share)
        if not stored and len(share) > 1:
            # One sender's signals may be what the store refuses: the others must not pay for it.
            await asyncio.gather(*(self._alone(own) for own in _by_sender(share)))
            return
        for waiting in share:
            _tell(waiting, stored)

    async def _alone(self, share: list[_Waiting]) -> None:
        for waiting in share:
            _tell(waiting, await self._stored([waiting]))

    async def _stored(self, share: list[_Waiting]) -> bool:
        signals = [
            signal for _, outcomes in share for outcome in outcomes for signal in outcome.signals
        ]
        if not signals:
            return True
        try:
            await self._store(signals)
        except Exception:  # not durable, so not acknowledged; the line lives
            _log.exception("receiver.not_stored", signals=len(signals), senders=len(share))
            return False
        return True


def _by_sender(share: list[_Waiting]) -> list[list[_Waiting]]:
    """What waits, one list a sender: each sender's answers keep their order."""
    senders: dict[int, list[_Waiting]] = {}
    for waiting in share:
        senders.setdefault(id(waiting[0]), []).append(waiting)
    return list(senders.values())


def _tell(waiting: _Waiting, stored: bool) -> None:
    sender, outcomes = waiting
    try:
        sender.answered(outcomes, stored=stored)
    except Exception:  # one sender's answer must not cost the others theirs
        _log.exception("receiver.not_answered")
