"""Storing and then acknowledging: one commit for whatever arrived while the last one ran."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

import structlog

from callflow.clock import monotonic
from callflow.core.signals.protocol import Received
from callflow.core.signals.signal import Signal
from callflow.core.watch.latency import Durations, Measure
from callflow.receiver.pace import SHARE_EVERY, Pace
from callflow.storage import StoreUnavailable

Store = Callable[[Sequence[Signal]], Awaitable[None]]

#: Signals that share one call of the store. A larger share only makes the first ones wait, and
#: while it is stored and then acknowledged there would be nothing for the others to do.
SHARED = 256
#: Shares that are at the store: the next one is there when the last is durable.
UNDER_WAY = 2

_log = structlog.get_logger()


class Sender(Protocol):
    """Whoever waits for answers."""

    def answered(self, outcomes: Sequence[Received], *, stored: bool) -> None:
        """The signals of ``outcomes`` are durable, or (``stored`` false) could not be stored."""


class _Waiting(NamedTuple):
    """What one sender waits for."""

    sender: Sender
    outcomes: Sequence[Received]
    signals: Sequence[Signal]
    since: float  # monotonic seconds


class Intake:
    """Keeps the order of each sender; a store call is shared by all senders.

    It holds nothing back by itself, unless ``pace`` says so: senders bound what they have in
    flight. ``vital`` tells the signals that never wait for ``pace``.
    """

    def __init__(
        self,
        store: Store,
        pace: Pace | None = None,
        vital: Callable[[Signal], bool] = lambda signal: False,
    ) -> None:
        self._store, self._pace, self._vital = store, pace or Pace(), vital
        #: Of acknowledgements: from a sender's message until it is durable and answered.
        self.durations = Durations(Measure.ACKNOWLEDGEMENT)
        self._waiting: deque[_Waiting] = deque()
        self._under_way: deque[tuple[list[_Waiting], asyncio.Future[bool]]] = deque()
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, sender: Sender, outcomes: Sequence[Received], signals: Sequence[Signal]) -> None:
        """``sender`` is told, in order, when ``signals``, those of ``outcomes``, are durable."""
        self._waiting.append(_Waiting(sender, outcomes, signals, monotonic()))
        self._idle.clear()
        self._arrived.set()

    async def run(self) -> None:
        """Store and tell, until cancelled."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while self._waiting or self._under_way:
                    if self._pace.slow:
                        await self._slowly()
                    else:
                        await self._swiftly()
                self._idle.set()
        finally:
            for _, storing in self._under_way:
                storing.cancel()

    async def _swiftly(self) -> None:
        """Hand over what waits, and tell the oldest share: the store goes from one to the next."""
        while self._waiting and len(self._under_way) < UNDER_WAY:
            self._begin(self._next_share(SHARED))
        await self._finish()

    async def _slowly(self) -> None:
        while self._under_way:
            await self._finish()
        self._begin(self._vital_share() + self._next_share(self._pace.share))
        await self._finish()
        await asyncio.sleep(SHARE_EVERY)

    def _begin(self, share: list[_Waiting]) -> None:
        self._under_way.append((share, asyncio.ensure_future(self._stored(share))))

    async def _finish(self) -> None:
        """Tell the senders of the oldest share, once it is stored: each in its order."""
        share, storing = self._under_way[0]
        stored = await storing
        if not stored and len(share) > 1:
            # One sender's signals may be what the store refuses: the others must not pay for it.
            await asyncio.gather(*(self._alone(own) for own in _by_sender(share)))
        else:
            for waiting in share:
                self._tell(waiting, stored)
        self._under_way.popleft()

    async def drained(self) -> None:
        """Return when everything that was added has been answered."""
        await self._idle.wait()

    def _next_share(self, limit: int) -> list[_Waiting]:
        share: list[_Waiting] = []
        signals = 0
        while self._waiting and signals < limit:
            waiting = self._waiting.popleft()
            share.append(waiting)
            signals += len(waiting.signals)
        return share

    def _vital_share(self) -> list[_Waiting]:
        """What waits with a vital signal in it, and what its sender sent before it."""
        ahead: dict[int, int] = {}  # of each sender with vital signals: how many to take
        seen: Counter[int] = Counter()
        for sender, _, signals, _ in self._waiting:
            seen[id(sender)] += 1
            if any(map(self._vital, signals)):
                ahead[id(sender)] = seen[id(sender)]
        if not ahead:
            return []
        share: list[_Waiting] = []
        others: deque[_Waiting] = deque()
        for waiting in self._waiting:
            left = ahead.get(id(waiting.sender), 0)
            (share if left > 0 else others).append(waiting)
            ahead[id(waiting.sender)] = left - 1
        self._waiting = others
        return share

    async def _alone(self, share: list[_Waiting]) -> None:
        for waiting in share:
            self._tell(waiting, await self._stored([waiting]))

    def _tell(self, waiting: _Waiting, stored: bool) -> None:
        try:
            waiting.sender.answered(waiting.outcomes, stored=stored)
        except Exception:  # one sender's answer must not cost the others theirs
            _log.exception("receiver.not_answered")
        if stored and waiting.signals:
            at = monotonic()
            self.durations.observe(at - waiting.since, at)

    async def _stored(self, share: list[_Waiting]) -> bool:
        signals = [signal for waiting in share for signal in waiting.signals]
        if not signals:
            return True
        try:
            await self._store(signals)
        except StoreUnavailable as error:  # not durable, so not acknowledged; the line lives
            if error.permanent:  # else the store says it, once
                _log.exception("receiver.not_stored", signals=len(signals), senders=len(share))
            return False
        except Exception:
            _log.exception("receiver.not_stored", signals=len(signals), senders=len(share))
            return False
        return True


def signals_of(outcomes: Sequence[Received]) -> list[Signal]:
    """Every signal of ``outcomes``, in order."""
    return [signal for outcome in outcomes for signal in outcome.signals]


def _by_sender(share: list[_Waiting]) -> list[list[_Waiting]]:
    """What waits, one list a sender: each sender's answers keep their order."""
    senders: dict[int, list[_Waiting]] = {}
    for waiting in share:
        senders.setdefault(id(waiting.sender), []).append(waiting)
    return list(senders.values())
