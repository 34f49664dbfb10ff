"""A line whose frames the system before ours hears too (core/signals/relay.py has the rules).

For each sender one way to the other system, one frame of it under way at a time: a slow other
system holds up nobody but whom it keeps waiting, and the order stays.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from callflow.clock import monotonic
from callflow.core.signals.answers import ANSWERS
from callflow.core.signals.protocol import Received
from callflow.core.signals.relay import Given, Mode, Side, Word, acting, answer
from callflow.core.signals.tap import Piece, Tap
from callflow.receiver.connections import DATAGRAMS, SEGMENT, Connection, Datagrams, Taken
from callflow.receiver.lines import Line
from callflow.receiver.upstream import Datagram, Stream, Unasked, Upstream
from callflow.receiver.watching import RELAY, Change
from callflow.settings.lines import RelaySettings

#: Frames of one sender that may wait for the other system while ours answers alone; more are not
#: passed on, and counted.
BEHIND = 1000
#: Senders of datagrams that are remembered at once.
SENDERS = 512
#: Frames in a row without an answer, and the seconds that they take at least, that are its loss.
LOST_AFTER, LOST_FOR = 3, 10.0
#: What a relay counts, in the order in which it is shown.
COUNTED = ("passed", "acknowledged", "refused", "unanswered", "not_passed")


class Relay:
    """Where a line's frames go on to, and how that is.

    ``in_shadow`` says whether the other system acts for an account; ``known``: see ``Receiver``.
    """

    def __init__(
        self,
        own: RelaySettings,
        *,
        protocol: str,
        udp: bool,
        in_shadow: Callable[[str], bool],
        known: Mapping[str, bool],
    ) -> None:
        host, _, port = own.to.rpartition(":")
        self.own, self.mode = own, Mode(own.mode)
        self.answers = ANSWERS[protocol]
        self.counts: Counter[str] = Counter()
        self._address = host, int(port)
        self._udp, self._in_shadow = udp, in_shadow
        self._lost = self._told_lost = known.get(self.name, False)
        self._failed, self._failing_since = 0, 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    def connection(self, line: Line, connections: set[Connection]) -> Connection:
        """A connection of the line's."""
        return RelayedConnection(line, self, connections)

    def datagrams(self, line: Line) -> Datagrams:
        """The line's UDP door."""
        return RelayedDatagrams(line, self)

    def upstream(self, unasked: Unasked) -> Upstream:
        """A sender's own way to the other system."""
        way = Datagram if self._udp else Stream
        return way(self._address, self.answers, unasked)

    def acts(self, outcome: Received) -> Side:
        """Who acts on a message."""
        account = outcome.heard or outcome.account
        if outcome.signals:
            account = outcome.signals[0].account
        return acting(self.mode, account=account, in_shadow=self._in_shadow(account))

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run until it ends, or the receiver does."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Pass nothing more on."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def note(self, word: Word) -> None:
        """The other system's word on one frame."""
        self.counts["passed"] += 1
        if word is Word.SILENT:
            self.counts["unanswered"] += 1
            self._failing_since = self._failing_since if self._failed else monotonic()
            self._failed += 1
            return
        self.counts["acknowledged" if word is Word.TOOK else "refused"] += 1
        self._failed, self._lost = 0, False

    # --- its loss, told as a hardware receiver's is (receiver/watching.py) ---

    @property
    def name(self) -> str:
        """What it is called where its loss is told."""
        return f"{RELAY}{self.own.line}"

    def look(self, at: float) -> list[Change]:
        """Whether it is lost, or back, where that was not ``told`` yet."""
        if self._failed >= LOST_AFTER and at - self._failing_since >= LOST_FOR:
            self._lost = True
        return [Change(self.name, self._lost)] if self._lost != self._told_lost else []

    def told(self, change: Change) -> None:
        """``change`` is stored."""
        if change.name == self.name:
            self._told_lost = change.lost

    @property
    def known(self) -> dict[str, bool]:
        """What a restart must know."""
        return {self.name: self._told_lost}

    def health(self) -> dict[str, Any]:
        """Where it leads, its mode and state, its counters since the start."""
        state = "lost" if self._lost else "ok" if self.counts["passed"] else "none"
        counts = {name: self.counts[name] for name in COUNTED}
        return {"to": self.own.to, "mode": self.mode.value, "state": state, **counts}


class _Passage:
    """One message on its way to both systems."""

    __slots__ = ("acts", "changed", "name", "ours", "outcome", "raw", "their_answer", "theirs")

    def __init__(self, raw: bytes, name: str, outcome: Received | None, acts: Side) -> None:
        self.raw, self.name, self.outcome, self.acts = raw, name, outcome, acts
        self.ours = self.theirs = Word.WAITING
        self.their_answer = b""
        self.changed = asyncio.Event()


class Sender:
    """One sender's messages: stored by us, passed on in their order, and answered in it.

    ``reply`` gives it bytes, ``done`` is told with each message whose answer is settled.
    """

    def __init__(
        self, relay: Relay, line: Line, reply: Callable[[bytes], None], done: Callable[[], None]
    ) -> None:
        self._relay, self._line = relay, line
        self._reply, self._done = reply, done
        self._upstream = relay.upstream(self._unasked)
        self._storing: deque[_Passage] = deque()
        self._to_pass: deque[_Passage] = deque()
        self._to_answer: deque[_Passage] = deque()
        self._passing = self._answering = self._left = False

    @property
    def quiet(self) -> bool:
        """True where nothing of it is under way."""
        return not (self._passing or self._answering)

    def take(self, pieces: Sequence[Piece]) -> list[Received]:
        """Begin with what came; what the good messages among it amount to, each to be ``done``."""
        outcomes = []
        for piece in pieces:
            outcome = None if piece.item is None else self._line.amounts_to(piece.item)
            self._begin(piece, outcome)
            if outcome is not None:
                outcomes.append(outcome)
        if self._to_pass and not self._passing:
            self._passing = True
            self._relay.begin(self._pass_on())
        if self._to_answer and not self._answering:
            self._answering = True
            self._relay.begin(self._answer())
        return outcomes

    def _begin(self, piece: Piece, outcome: Received | None) -> None:
        if outcome is None:
            # Of a frame without a name in its answer, an answer would be taken for the next one's.
            if piece.raw and self._relay.answers.named:
                self._queue(_Passage(piece.raw, "", None, Side.THEIRS))
            return
        assert isinstance(piece.item, bytes)
        name = self._relay.answers.name(piece.item)
        passage = _Passage(piece.raw, name, outcome, self._relay.acts(outcome))
        if outcome.fault is not None:
            passage.ours = Word.REFUSED
        elif outcome.signals:
            self._storing.append(passage)
            self._line.intake.add(self, [outcome], outcome.signals)
        else:
            passage.ours = Word.TOOK
        self._to_answer.append(passage)
        self._queue(passage)

    def _queue(self, passage: _Passage) -> None:
        if len(self._to_pass) < BEHIND:
            self._to_pass.append(passage)
        else:
            self._relay.counts["not_passed"] += 1
            passage.theirs = Word.SILENT

    def answered(self, outcomes: Sequence[Received], *, stored: bool) -> None:
        """The store's word on the oldest that it was given (``intake.Sender``)."""
        passage = self._storing.popleft()
        passage.ours = Word.TOOK if stored else Word.SILENT
        self._line.replies(outcomes, stored=stored)  # counts what was not
        passage.changed.set()

    def leave(self) -> None:
        """It is gone: nothing is answered any more, what it sent is still passed on."""
        self._left = True
        if not self._passing:
            self._upstream.close()

    async def _pass_on(self) -> None:
        try:
            while self._to_pass:
                await self._pass(self._to_pass.popleft())
        finally:
            self._passing = False
            if self._left:
                self._upstream.close()

    async def _pass(self, passage: _Passage) -> None:
        within = self._relay.own.timeout
        if passage.outcome is None:
            await self._upstream.tell(passage.raw, within)
            return
        their = await self._upstream.ask(passage.raw, passage.name, within)
        if their is None or not isinstance(their.item, bytes):
            passage.theirs = Word.SILENT
        else:
            passage.theirs = self._relay.answers.word(their.item)
            passage.their_answer = their.raw
        self._relay.note(passage.theirs)
        passage.changed.set()

    async def _answer(self) -> None:
        try:
            while self._to_answer:
                passage = self._to_answer[0]
                given = await self._given(passage)
                self._to_answer.popleft()
                if reply := self._bytes(passage, given):
                    self._reply(reply)
                self._done()
        finally:
            self._answering = False

    async def _given(self, passage: _Passage) -> Given:
        while True:
            words = {"ours": passage.ours, "theirs": passage.theirs}
            given = answer(self._relay.mode, passage.acts, **words)
            if given is not Given.NOT_YET:
                return given
            await passage.changed.wait()
            passage.changed.clear()

    @staticmethod
    def _bytes(passage: _Passage, given: Given) -> bytes:
        if given is Given.THEIRS:
            return passage.their_answer
        own = passage.outcome.reply if passage.outcome else None
        return (own or b"") if given is Given.OURS else b""

    def _unasked(self, piece: Piece) -> None:
        """The other system answers what we find broken: while it is in charge, that is its word."""
        if self._relay.mode is not Mode.OURS:
            self._reply(piece.raw)


class RelayedConnection(Connection):
    """A TCP connection whose frames go on to the other system."""

    takes_own = False

    def __init__(
        self,
        line: Line,
        relay: Relay,
        connections: set[Connection],
        gone: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(line, connections, gone)
        self._tap = Tap(self._splitter)
        self._sender = Sender(relay, line, self._say, self._one_done)

    def _push(self, data: memoryview) -> None:
        self._tap.push(data)

    def _take(self, room: int) -> Taken:
        pieces = self._tap.take(room) if room else []
        return Taken([piece.item for piece in pieces], self._begun(pieces))

    def _take_rest(self) -> None:
        self._begun(self._tap.finish())

    def _count_half(self) -> None:
        self._begun(self._tap.finish())

    def _begun(self, pieces: Sequence[Piece]) -> list[Received]:
        outcomes = self._sender.take(pieces)
        self._in_flight += len(outcomes)
        return outcomes

    def _say(self, answer: bytes) -> None:
        self._write([answer])

    def _one_done(self) -> None:
        self._in_flight -= 1
        if self._resting or self._ended:
            self._work_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """The panel is gone; what it sent still goes on."""
        super().connection_lost(exc)
        self._sender.leave()


class RelayedDatagrams(Datagrams):
    """A UDP door whose frames go on to the other system, each sender's in their order."""

    def __init__(self, line: Line, relay: Relay) -> None:
        super().__init__(line)
        self._relay = relay
        self._senders: dict[tuple[str, int], Sender] = {}

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Whole frames, and each answer is a datagram."""
        if not self.line.lets_in(str(addr[0])):
            return
        sender = self._sender(addr)
        if self.stopped or self.in_flight >= DATAGRAMS or sender is None:
            self.line.counts["dropped"] += 1
            return
        tap = Tap(self.line.splitter())
        tap.push(data[:SEGMENT])
        self.in_flight += len(sender.take(tap.finish()))

    def _sender(self, addr: tuple[str, int]) -> Sender | None:
        """Who is at this address; None where too many others wait for answers."""
        if addr not in self._senders and len(self._senders) >= SENDERS:
            for other in [each for each, sender in self._senders.items() if sender.quiet]:
                self._senders.pop(other).leave()
            if len(self._senders) >= SENDERS:
                return None
        if addr not in self._senders:
            self._senders[addr] = Sender(
                self._relay, self.line, lambda reply: self.send([reply], addr), self._one_done
            )
        return self._senders[addr]

    def _one_done(self) -> None:
        self.in_flight -= 1
