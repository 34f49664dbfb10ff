"""Rows to calls and back: claims what is requested, places it, follows it, ends it.

The row before the act, the result after. A call that may have been placed is never placed again:
it stays *started* until Asterisk, asked after a grace, says that it lives (adopted) or, twice, that
it does not (*unknown*): doubts.py. Times inside are seconds of a monotonic clock, in rows UTC.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import structlog

from callflow.clock import Clock
from callflow.core.calls.call import Act, Call, CallAction, CallState, Dialogue, Outcome
from callflow.handling.calls import calling
from callflow.handling.desks import queueing
from callflow.storage import Store, StoreUnavailable, Tx
from callflow.storage.calls import calls
from ivr.ami import (
    AmiError,
    AmiLink,
    Ended,
    Event,
    MaybePlaced,
    NotPlaced,
    OriginateFailed,
    Placed,
    Refused,
    is_call_id,
)
from ivr.telephony.call_rows import End, Rows
from ivr.telephony.doubts import AGAIN, GRACE, Doubts

log = structlog.get_logger(__name__)

#: Originates that wait for their answer at once: Asterisk sets the pace, it is never flooded.
SLOTS = 8
#: Seconds for which a call waits, at most, until more urgent ones that were claimed ring.
HEAD_START = 0.25
#: Calls that are claimed and not placed yet, and other acts on calls, at most: those that Asterisk
#: is asked for, and whoever waits behind urgent ones. With 16 a burst of 60 a second stood behind
#: its vital ones, and the next vital one behind those.
CLAIMED = 40
#: Where the dialplan brings person and operator together.
CONFERENCE = "callflow-conference"
#: Where somebody on hold is, with music.
HELD = "callflow-held"
#: Seconds from one key to the next.
KEY_EVERY = 0.3
#: Where it says to somebody who waits which number they are.
POSITION = "callflow-position"
#: Where the dialplan takes the calls of some dialogues: a service is never played anything.
CONTEXTS = {
    Dialogue.SERVICE: "callflow-service",
    Dialogue.FAX: "callflow-fax",
    Dialogue.CANARY: "callflow-canary",
}


class CallOver(Protocol):
    """Told when a call of ours is over, with its row where that is known; ``cut``: its channel
    vanished with its Asterisk."""

    def __call__(self, call_id: str, *, cut: bool, call: Call | None = None) -> None: ...


class Placing:
    """The calls of one node. ``attach`` the link before anything else.

    ``where`` says at which address a phone of ours is called, or raises Refused.
    ``on_over`` is told once for each call that ended or was lost, ``on_room`` when more may be
    placed although no row changed.
    """

    def __init__(
        self,
        store: Store,
        *,
        node: str,
        now: Clock,
        monotonic: Callable[[], float],
        on_over: CallOver,
        on_room: Callable[[], None] = lambda: None,
        where: Callable[[str], Awaitable[str]] | None = None,
    ) -> None:
        self._store, self._node = store, node
        self._now, self._monotonic = now, monotonic
        self._on_over, self._on_room, self._where = on_over, on_room, where
        self._crowded = False  # the last claim was cut short by calls that were being placed
        self._unheard = False  # whether the last claim was stored is not known
        self._synced = False  # whether this process has asked Asterisk once what lives
        self._link: AmiLink | None = None
        self._slots = asyncio.Semaphore(SLOTS)
        #: Urgent calls that are claimed, and of which no far end was heard yet.
        self._ahead: set[str] = set()
        self._passed = asyncio.Event()
        self._live: set[str] = set()
        self._doubts = Doubts()
        #: Calls asked to end that have not: call id → when to hang them up again. What is withdrawn
        #: before its channel exists would ring on.
        self._unwanted: dict[str, float] = {}
        self._rows = Rows(store, now=now, monotonic=monotonic)
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, link: AmiLink) -> None:
        """The link whose ``on_up`` and ``on_events`` are this object's."""
        self._link = link

    @property
    def link(self) -> AmiLink:
        """The attached link."""
        assert self._link is not None, "attach the link first"
        return self._link

    @property
    def live(self) -> int:
        """How many calls are under way."""
        return len(self._live)

    # --- rows to calls ---

    async def look(self, *, told: bool) -> None:
        """Do what the rows ask for. Nothing is claimed without a link.

        Who was not ``told`` that there is something reads first: writing takes the turn of others.
        """
        if self._unheard:
            await self._find_unheard()
        await self._hang_up_unwanted()
        await self._rows.end_again()
        if self.link.ready and (told or await self._store.read(self._wanted)):
            await self._claim()

    def _wanted(self, tx: Tx) -> bool:
        waiting = calls.actions_waiting(tx, self._node, self._now())
        return waiting or calls.waits(tx, self._node)

    async def _claim(self) -> None:
        """Do the acts, and place what is requested, vital first, as far as Asterisk keeps up."""
        free = max(0, CLAIMED - len(self._tasks))
        now = self._now()

        def claimed(
            tx: Tx,
        ) -> tuple[list[CallAction], list[calling.CallOrder]]:
            acts = calls.claim_actions(tx, self._node, now)
            if not free:
                return acts, []
            return acts, calling.claim_calls(tx, node=self._node, now=now, limit=free)

        try:
            acts, orders = await self._store.write(claimed)
        except StoreUnavailable:
            self._unheard = True
            raise
        self._crowded = len(orders) == free
        for act in acts:
            self._spawn(self._do(act))
        self._ahead |= {order.call_id for order in orders if order.urgent}
        for order in orders:
            self._live.add(order.call_id)
            self._spawn(self._place(order))

    async def _find_unheard(self) -> None:
        """What was claimed in a commit whose answer was lost: never placed, and asked for like
        whatever may have been, or its row would stand in the way for ever."""
        live = await self._store.read(lambda tx: calling.live_calls(tx, node=self._node))
        self._unheard = False
        for call in live:
            if call.state is CallState.STARTED and call.id not in self._live:
                self._live.add(call.id)
                self._note_if_unwanted(call)
                self._doubts.arise(call.id, self._monotonic(), grace=GRACE)

    async def ask_for_doubtful(self) -> None:
        """Ask Asterisk for the calls that may have been placed, once their grace is over."""
        for call_id in self._doubts.due(self._monotonic()):
            if not self.link.ready:
                return
            asked_at = self._monotonic()
            try:
                alive = await self.link.status(call_id)
            except AmiError as error:
                log.warning("call.unclear", call=call_id, reason=str(error))
                self._doubts.unanswered(call_id, self._monotonic())
                continue
            if alive or self.link.is_to_say(call_id):
                self._doubts.settled(call_id)
                continue
            doubt = self._doubts.denied(call_id, asked_at, self._monotonic())
            if doubt is not None and doubt.failure:
                await self._failed(call_id, doubt.failure, not_carried=True)
                self._on_over(call_id, cut=False)
            elif doubt is not None:
                await self._lose(call_id)

    async def _place(self, order: calling.CallOrder) -> None:
        if not order.urgent:
            await self._let_pass()
        async with self._slots:
            if order.call_id in self._unwanted:  # withdrawn while it waited here
                await self._withdrawn(order.call_id)
                return
            try:
                await self._originate(order)
            except NotPlaced as error:
                # A lost link is no fault of the trunk's: another one would not help.
                await self._failed(
                    order.call_id, str(error), not_carried=isinstance(error, Refused)
                )
            except MaybePlaced as error:
                log.warning("call.maybe_placed", call=order.call_id, reason=str(error))
                if order.call_id in self._live:
                    self._doubts.arise(order.call_id, self._monotonic(), grace=GRACE)

    async def _let_pass(self) -> None:
        """Asterisk dials each Originate in a thread of its own, and sends its INVITE in another:
        they keep no order, so that a vital call rings before any other is asked for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEAD_START):
                while self._ahead:
                    self._passed.clear()
                    await self._passed.wait()

    def _is_out(self, call_id: str) -> None:
        """Nobody waits for this one any more."""
        self._ahead.discard(call_id)
        self._passed.set()

    async def _originate(self, order: calling.CallOrder) -> None:
        context = CONTEXTS.get(order.dialogue, "")
        if not order.trunk:
            at = await self._where(order.to) if self._where else ""
            await self.link.ring(
                order.call_id, order.to, order.caller, order.ring_time, context=context, at=at
            )
            return
        await self.link.originate(
            order.call_id, order.to, order.caller, order.ring_time, order.trunk, context=context
        )

    async def _failed(self, call_id: str, reason: str, *, not_carried: bool) -> None:
        log.error("call.not_placed", call=call_id, reason=reason)
        failure = Outcome.TRUNK_FAILURE
        await self._end(
            End(call_id=call_id, outcome=failure, detail=reason, not_carried=not_carried)
        )

    async def _withdrawn(self, call_id: str) -> None:
        """Asked to end before it was dialled: it never is."""
        detail = "withdrawn before it was dialled"
        await self._end(End(call_id=call_id, outcome=Outcome.NO_ANSWER, detail=detail))

    async def _end(self, end: End) -> None:
        self._forget(end.call_id)
        await self._rows.end(end)

    def _forget(self, call_id: str) -> None:
        """Its end is known."""
        self._is_out(call_id)
        self._live.discard(call_id)
        self._unwanted.pop(call_id, None)
        self._doubts.settled(call_id)

    async def _do(self, order: CallAction) -> None:
        try:
            done = await self._on_call(order)
            result = "done" if done else "gone"
        except AmiError as error:
            result = f"failed: {error}"
        await self._rows.write(lambda tx: calls.finish_action(tx, order.id, result))

    async def _on_call(self, order: CallAction) -> bool:
        match order.kind:
            case Act.HANG_UP:
                return await self._hang_up(order.call_id)
            case Act.TAKE_OVER:
                return await self._take_over(order.call_id)
            case Act.HOLD:
                return await self.link.redirect(order.call_id, HELD)
            case Act.RESUME:
                return await self.link.redirect(order.call_id, CONFERENCE)
            case Act.MUTE | Act.UNMUTE:
                return await self.link.conference_mute(
                    order.argument, order.call_id, order.kind is Act.MUTE
                )
            case Act.KEYS:
                return await self._press(order.call_id, order.argument)
            case Act.ANNOUNCE:
                return await self._announce(order.call_id)

    async def _hang_up(self, call_id: str) -> bool:
        """Now, and whenever something is heard of it, until it has ended."""
        if call_id in self._live:
            self._unwanted[call_id] = self._monotonic() + AGAIN
        return await self.link.hangup(call_id)

    async def _hang_up_unwanted(self) -> None:
        now = self._monotonic()
        for call_id in [call_id for call_id, at in self._unwanted.items() if at <= now]:
            if not self.link.ready:
                return
            self._unwanted[call_id] = now + AGAIN
            try:
                await self.link.hangup(call_id)
            except AmiError as error:
                log.warning("call.not_hung_up", call=call_id, reason=str(error))

    def _note_if_unwanted(self, call: calling.LiveCall) -> None:
        if call.asked_to_end:
            self._unwanted.setdefault(call.id, self._monotonic())

    async def _press(self, call_id: str, keys: str) -> bool:
        """As a person types: a menu that is still speaking may miss what comes faster."""
        for place, key in enumerate(keys):
            if place:
                await asyncio.sleep(KEY_EVERY)
            if not await self.link.press(call_id, key):
                return False
        return True

    async def _take_over(self, call_id: str) -> bool:
        """Out of the dialogue into a conference, where a human is brought (D20)."""
        await self.link.mute(call_id, False)  # a code may have been asked just now
        if not await self.link.redirect(call_id, CONFERENCE):
            return False
        await self._rows.write(lambda tx: calling.join_room(tx, call_id, self._now()))
        return True

    async def _announce(self, call_id: str) -> bool:
        """Out of the conference, where nobody is yet, to hear which number they are, and back."""
        waits = await self._rows.write(lambda tx: queueing.announcing(tx, call_id))
        return waits and await self.link.redirect(call_id, POSITION)

    def arrived(self, call_id: str) -> None:
        """Somebody calls us, and the row is there: followed from now on, however it ends."""
        self.link.remember(call_id, rang=True, answered=True)
        self._live.add(call_id)
        # It may have hung up before we followed it.
        self._doubts.arise(call_id, self._monotonic(), grace=0.0)

    # --- after each (re)connect: the database first, then Asterisk ---

    async def resync(self) -> None:
        """Adopt what lives, give up what does not, before anything is dialled."""
        before = set(self._live)
        live = await self._store.read(lambda tx: calling.live_calls(tx, node=self._node))
        found = await self.link.channels()
        ended = self.link.waiting_ends()
        known = {call.id for call in live}
        self._live = known | (self._live - before)  # what was claimed meanwhile is ours too
        for call in live:
            self._note_if_unwanted(call)
            there = call.id in found or call.id in ended
            if not there and call.state is CallState.STARTED:
                self._doubts.arise(call.id, self._monotonic(), grace=self._grace(call))
                continue
            self.link.remember(
                call.id,
                rang=call.state in (CallState.RINGING, CallState.ANSWERED),
                answered=call.state is CallState.ANSWERED,
            )
            if there:
                self._doubts.settled(call.id)
            else:
                self._doubts.denied_once(call.id, self._monotonic())
        for call_id in filter(is_call_id, found - known):
            await self._end_if_over(call_id)
        self._synced = True
        missing = len(known - found - ended.keys())
        log.info("calls.resynchronised", adopted=len(known & found), missing=missing)

    def _grace(self, call: calling.LiveCall) -> float:
        """For how long its Originate may still be under way, in seconds.

        Whoever lost the link counts from its return: an Asterisk that was held up has still to read
        it. Whoever has only begun counts from the row: it may be killed before a grace is over.
        """
        if self._synced:
            return GRACE
        left = GRACE - (self._now() - call.placed_at).total_seconds()
        return min(GRACE, max(AGAIN, left))

    async def _lose(self, call_id: str) -> None:
        """Of unknown fate: said in the logbook, and decided again. What its dialogue concluded
        counts all the same."""
        log.warning("call.lost", call=call_id)
        await self._end(End(call_id=call_id, outcome=Outcome.UNKNOWN, detail="lost in a crash"))
        self._on_over(call_id, cut=True)

    async def _end_if_over(self, call_id: str) -> None:
        """A late call of an attempt that is no longer current is hung up; others' calls never, nor
        a conversation with a human that went on while we were taken for lost."""
        call = await self._store.read(lambda tx: calls.get(tx, call_id))
        if call is None or (call.answered_at is not None and call.room is not None):
            return
        if call.state in (CallState.ENDED, CallState.CANCELLED):
            log.warning("call.late", call=call_id)
            try:
                await self.link.hangup(call_id)
            except AmiError as error:
                log.warning("call.late_not_ended", call=call_id, reason=str(error))

    # --- events to rows ---

    async def events(self, events: list[Event]) -> None:
        """Store what Asterisk said, all of it in one commit, and decide again."""
        for event in events:  # before they are stored: an answer of Asterisk's may come meanwhile
            self._doubts.settled(event.call_id)
            if not isinstance(event, Placed):  # its channel is there, its INVITE perhaps not
                self._is_out(event.call_id)
        ended = await self._rows.store(events)
        for event in events:
            self._after(event, ended.get(event.call_id))

    def _after(self, event: Event, ended: Call | None) -> None:
        call_id = event.call_id
        if isinstance(event, OriginateFailed):
            if call_id in self._live:
                self._doubts.denied_once(call_id, self._monotonic(), event.reason)
            return
        self._doubts.settled(call_id)
        if isinstance(event, Ended):
            self._forget(call_id)
            self._on_over(call_id, cut=False, call=ended)
        elif call_id in self._unwanted:
            self._unwanted[call_id] = self._monotonic()
            self._spawn(self._hang_up_unwanted())
        elif call_id not in self._live:
            self._spawn(self._end_if_over(call_id))

    # --- inside ---

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._crowded:
            self._crowded = False
            self._on_room()
        if not task.cancelled() and task.exception() is not None:
            log.error("telephony.task_failed", exc_info=task.exception())

    async def close(self) -> None:
        """Stop what is under way here; calls go on in Asterisk."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
