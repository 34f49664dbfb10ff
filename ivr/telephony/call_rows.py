"""What Asterisk said of calls, in their rows: stored for as long as the store is away, and an end
whatever becomes of what follows from it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog

from callflow.clock import Clock
from callflow.core.calls import causes
from callflow.core.calls.call import Call, Outcome
from callflow.handling.calls import calling, faxes, lost_ends
from callflow.storage import Store, StoreUnavailable, Tx
from ivr.ami import Answered, Ended, Event, Faxed, Ringing

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Q.850: a party put the receiver down.
NORMAL_CLEARING = 16
#: What changes rows; for the rest no transaction is begun.
_STORED = (Ringing, Answered, Faxed, Ended)
#: Seconds between two tries while the store is away, and of an end that could not be stored.
_STORE_RETRY, _END_RETRY = 0.25, 1.0
#: Seconds that what Asterisk said may wait for others to share its commit with.
_PATIENCE = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """What ``calling.call_ended`` is told."""

    call_id: str
    outcome: Outcome
    detail: str
    not_carried: bool = False
    receiver_down: bool = False


class Rows:
    """The rows of one node's calls."""

    def __init__(self, store: Store, *, now: Clock, monotonic: Callable[[], float]) -> None:
        self._store, self._now, self._monotonic = store, now, monotonic
        #: Ends that could not be stored: call id → when to try again, the end.
        self._unstored: dict[str, tuple[float, End]] = {}

    async def write(self, function: Callable[[Tx], T]) -> T:
        """Write, for as long as the store is away: what Asterisk said is not said again."""
        while True:
            try:
                return await self._store.write(function, patience=_PATIENCE)
            except StoreUnavailable as error:
                if error.permanent:
                    raise
                log.debug("store.away", reason=error.reason)  # the store says it, once
                await asyncio.sleep(_STORE_RETRY)

    async def store(self, events: list[Event]) -> dict[str, Call]:
        """All in one commit; one that can't be stored takes no other with it. {call id: its row} of
        those that ended."""
        now, found = self._now(), [event for event in events if isinstance(event, _STORED)]
        if not found:
            return {}
        try:
            return await self.write(lambda tx: _store_all(tx, found, now))
        except Exception:
            log.exception("events.failed", events=len(found))
            for event in found:
                await self._store_alone(event)
            return {}

    async def _store_alone(self, event: Event) -> None:
        if isinstance(event, Ended):
            await self.end(end_of(event))
            return
        now = self._now()
        try:
            await self.write(lambda tx: _store_all(tx, [event], now))
        except Exception:
            log.exception("event.failed", call=event.call_id, kind=type(event).__name__)

    async def end(self, end: End) -> None:
        """With what follows from it; without, where that fails; and again in a while where that
        does too: the row of a call that is over blocks its number."""
        now = self._now()
        self._unstored.pop(end.call_id, None)
        try:
            await self.write(lambda tx: _store_end(tx, end, now))
        except Exception:
            log.exception("end.failed", call=end.call_id)
            await self._end_alone(end, now)

    async def _end_alone(self, end: End, now: datetime) -> None:
        try:
            await self.write(
                lambda tx: lost_ends.call_end_failed(tx, end.call_id, outcome=end.outcome, now=now)
            )
        except Exception:
            log.exception("end.not_stored", call=end.call_id)
            self._unstored[end.call_id] = (self._monotonic() + _END_RETRY, end)

    async def end_again(self) -> None:
        """Try those that could not be stored, when it is time."""
        now = self._monotonic()
        for end in [end for at, end in self._unstored.values() if at <= now]:
            await self.end(end)


def _store_all(tx: Tx, events: Sequence[Event], now: datetime) -> dict[str, Call]:
    ended = {}
    for event in events:
        match event:
            case Ringing(call_id):
                calling.call_ringing(tx, call_id, now)
            case Answered(call_id):
                calling.call_answered(tx, call_id, now)
            case Faxed(call_id, report):
                faxes.reported(tx, call_id, report, now)
            case Ended():
                if (call := _store_end(tx, end_of(event), now)) is not None:
                    ended[event.call_id] = call
    return ended


def _store_end(tx: Tx, end: End, now: datetime) -> Call | None:
    return calling.call_ended(
        tx,
        end.call_id,
        outcome=end.outcome,
        detail=end.detail,
        now=now,
        not_carried=end.not_carried,
        receiver_down=end.receiver_down,
    )


def end_of(event: Ended) -> End:
    """What the end of its channel says of a call."""
    outcome, detail = verdict(event)
    ending = _ending(event)
    return End(
        call_id=event.call_id,
        outcome=outcome,
        detail=detail,
        not_carried=causes.not_carried(ending),
        receiver_down=event.answered and event.cause == NORMAL_CLEARING,
    )


def verdict(event: Ended) -> tuple[Outcome, str]:
    """The outcome of an ended channel, without its dialogue's result, and the figures behind it."""
    sip = f", SIP {event.tech_cause}" if event.tech_cause is not None else ""
    return causes.outcome(_ending(event)), f"cause {event.cause}{sip}"


def _ending(event: Ended) -> causes.Ending:
    """What is known of an ended channel, but for its dialogue's result."""
    return causes.Ending(
        cause=event.cause,
        tech_cause=event.tech_cause,
        rang=event.rang,
        answered=event.answered,
        timed_out=event.timed_out,
        early_media=event.early_media,
    )
