"""Connections and datagrams: what one sender may take of everybody's time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import structlog

from callflow.clock import monotonic
from callflow.core.signals.framing import Fault
from callflow.core.signals.protocol import Received
from callflow.core.station.addresses import is_loopback
from callflow.receiver.intake import signals_of
from callflow.receiver.lines import Line

#: Messages of one connection that may wait for the commit; then it is not read any further.
IN_FLIGHT = 64
#: Bytes read from one connection before the others have their turn.
SEGMENT = 16 * 1024
#: Bytes without a good message after which a connection is cut.
GARBAGE = 64 * 1024
#: Seconds until a panel's first good frame; then without any; then for the rest of a half one.
FIRST_FRAME, IDLE, HALF_FRAME = 30.0, 900.0, 10.0
#: Bytes of answers that a sender may leave unread, and for how many seconds.
UNREAD, UNREAD_FOR = 16 * 1024, 10.0
#: Datagrams that may wait for the commit; further ones get no answer, and panels send again.
DATAGRAMS = 4000

_log = structlog.get_logger()


class Taken(NamedTuple):
    """Messages that were cut out of the stream, and what the good ones amount to."""

    items: Sequence[bytes | Fault | None]
    outcomes: list[Received]


class Connection(asyncio.BufferedProtocol):
    """One TCP connection. Its frames are answered in order; a flood is read at the store's pace."""

    # One buffer for all: it is read into and emptied within one callback of the loop.
    _segment = memoryview(bytearray(SEGMENT))
    #: True where the station may try the line from its own machine, whoever is allowed there.
    takes_own = True

    def __init__(
        self, line: Line, connections: set[Connection], gone: Callable[[], None] = lambda: None
    ) -> None:
        self.line = line
        self._connections = connections
        self._gone = gone
        self._receiver: str | None = None  # the number of the hardware receiver that beat here
        self._splitter = line.splitter()
        self._transport: asyncio.Transport | None = None
        self._in_flight = 0
        self._scheduled = False
        self._resting = False  # not read for the moment: too much of it waits
        self._stopped = False  # the receiver takes nothing more
        self._ended = False  # the sender has said its last byte, and may still listen
        self._half_since: float | None = None
        self._unread_since: float | None = None
        self._only_own = False  # nothing is taken but what the station sends to itself
        self.peer = ""
        self.spoke = False  # whether a good frame ever came
        self.last_good = monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=UNREAD)
        sock = transport.get_extra_info("socket")
        # The kernel would keep megabytes of answers before it says that nobody reads them.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD)
        self._transport = transport
        self.peer = str((transport.get_extra_info("peername") or ("",))[0])
        here = str((transport.get_extra_info("sockname") or ("",))[0])
        self._only_own = self.takes_own and self.peer == here and not self.line.allows(self.peer)
        if not self._only_own and not self.line.lets_in(self.peer):
            _log.info("receiver.refused", line=self.line.name, peer=self.peer)
            transport.abort()
            return
        if self.line.watched:  # it may have nothing to say for hours
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._connections.discard(self)
        if not self._ended:
            self._count_half()
        self._gone()

    def eof_received(self) -> bool:
        """The sender closed its half; its answers still go out before ours is closed."""
        self._ended = True
        self._work_soon()
        return True

    def _count_half(self) -> None:
        """What was cut off counts as a bad frame; good frames behind it are only taken by _work."""
        for item in self._splitter.finish():
            if isinstance(item, Fault):
                self.line.counts[item] += 1

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._segment

    def buffer_updated(self, nbytes: int) -> None:
        self._push(self._segment[:nbytes])
        self._work()

    def _push(self, data: memoryview) -> None:
        self._splitter.push(data)

    def _work(self) -> None:
        """Answer some frames. Reading rests while more of them wait here, or for the commit."""
        self._scheduled = False
        if self._transport is None or self._unread_since is not None or self._stopped:
            return
        room = IN_FLIGHT - self._in_flight
        items, outcomes = self._take(room)
        if bytes in map(type, items):  # a good frame, not only faults
            self.spoke, self.last_good = True, monotonic()
            if self.line.watched:
                self._note_life(outcomes)
        if self._splitter.garbage > GARBAGE:
            self.cut("garbage")
        elif len(items) == room:
            self._rest()
            if not self._in_flight:
                self._work_soon()
        elif self._ended:
            self._end()
        else:
            self._note_half()
            self._read_on()

    def _take(self, room: int) -> Taken:
        """Up to ``room`` messages, which are being answered."""
        items = self._splitter.take(room) if room else []
        if self._only_own and not all(map(self.line.is_own, items)):
            self.line.counts["refused"] += 1
            self.cut("not allowed")
            return Taken([], [])
        outcomes = self.line.answer(items)
        self._pass_on(outcomes)
        return Taken(items, outcomes)

    def _take_rest(self) -> None:
        """What is left when nothing more is waited for."""
        if self._only_own:
            return
        self._pass_on(self.line.answer(self._splitter.finish()))

    def _note_life(self, outcomes: list[Received]) -> None:
        watches, at = self.line.watches, self.last_good
        for outcome in outcomes:
            if outcome.beat:
                self._receiver = outcome.receiver
                watches.beat(outcome.receiver, at)
            elif outcome.fault is None:
                watches.alive(outcome.receiver, at)
                watches.alive(self._receiver, at)

    def _rest(self) -> None:
        self._resting = True
        if self._transport is not None:
            self._transport.pause_reading()

    def _read_on(self) -> None:
        if self._resting and self._transport is not None:
            self._resting = False
            self._transport.resume_reading()

    def _end(self) -> None:
        """The sender said its last byte: close when the last answer is out."""
        if not self._in_flight:
            self._count_half()
            self.close()

    def _pass_on(self, outcomes: list[Received]) -> None:
        if not outcomes:
            return
        signals = signals_of(outcomes)
        if signals or self._in_flight:
            self._in_flight += len(outcomes)
            self.line.intake.add(self, outcomes, signals)
        else:
            self._write(self.line.replies(outcomes, stored=True))

    def _work_soon(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._work)

    def _note_half(self) -> None:
        if not self._splitter.pending:
            self._half_since = None
        elif self._half_since is None:
            self._half_since = monotonic()

    def answered(self, outcomes: Sequence[Received], *, stored: bool) -> None:
        """See ``Sender``."""
        self._in_flight -= len(outcomes)
        self._write(self.line.replies(outcomes, stored=stored))
        if self._resting or self._ended:
            # Not from here: one sender's backlog must not hold up the others' acknowledgements.
            self._work_soon()

    def _write(self, replies: list[bytes]) -> None:
        if self._transport is not None and replies:
            self._transport.write(b"".join(replies))

    def pause_writing(self) -> None:
        self._unread_since = monotonic()
        self._rest()

    def resume_writing(self) -> None:
        self._unread_since = None
        self._work_soon()

    def look_at_time(self, at: float) -> None:
        """Drop a half frame that is too old, cut who says nothing good. ``at`` is monotonic."""
        if self._unread_since is not None and at - self._unread_since > UNREAD_FOR:
            self.cut("unread answers")
        elif self._in_flight:
            return
        elif at - self.last_good > self._patience:
            self.cut("idle")
        elif self._half_since is not None and at - self._half_since > HALF_FRAME:
            self._take_rest()
            self._half_since = None

    @property
    def _patience(self) -> float:
        if self.line.patience is not None:
            return self.line.patience
        return IDLE if self.spoke else FIRST_FRAME

    @property
    def idle(self) -> bool:
        """True where nothing of this connection waits for the commit."""
        return self._in_flight == 0

    def cut(self, why: str) -> None:
        """End the connection at once, unread answers with it."""
        if self._transport is not None:
            self.line.counts["cut"] += 1
            _log.info("receiver.cut", line=self.line.name, peer=self.peer, why=why)
            self._transport.abort()

    def stop_reading(self) -> None:
        """No further frame is taken; what is in flight will still be answered."""
        self._stopped = True
        self._rest()

    def close(self) -> None:
        """End the connection when its answers have gone out."""
        if self._transport is not None:
            self._transport.close()


class Datagrams(asyncio.DatagramProtocol):
    """The UDP door: a datagram holds whole frames, and each answer is a datagram."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._transport: asyncio.DatagramTransport | None = None
        self.in_flight = 0
        self.stopped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: CPython 3.11's class doesn't say that it is one.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.stopped or self.in_flight >= DATAGRAMS:
            self.line.counts["dropped"] += 1
            return
        splitter = self.line.splitter()
        splitter.push(data[:SEGMENT])
        items = splitter.finish()
        if not self._takes_own(str(addr[0]), items) and not self.line.lets_in(str(addr[0])):
            return
        outcomes = self.line.answer(items)
        if signals := signals_of(outcomes):
            self.in_flight += 1
            self.line.intake.add(_Asker(self, addr), outcomes, signals)
        elif outcomes:
            self.send(self.line.replies(outcomes, stored=True), addr)

    def _takes_own(self, peer: str, items: Sequence[bytes | Fault]) -> bool:
        """True of what the station sends to itself from this machine, whoever is allowed here."""
        if not items or self.line.allows(peer):
            return False
        assert self._transport is not None, "datagrams come over a socket"
        bound = str((self._transport.get_extra_info("sockname") or ("",))[0])
        return (peer == bound or is_loopback(peer)) and all(map(self.line.is_own, items))

    def answered(
        self, outcomes: Sequence[Received], addr: tuple[str, int], *, stored: bool
    ) -> None:
        """The datagram from ``addr`` is stored, or could not be."""
        self.in_flight -= 1
        self.send(self.line.replies(outcomes, stored=stored), addr)

    def send(self, replies: list[bytes], addr: tuple[str, int]) -> None:
        """One datagram an answer."""
        if self._transport is not None:
            for reply in replies:
                self._transport.sendto(reply, addr)


class _Asker:
    """Who sent a datagram."""

    def __init__(self, door: Datagrams, addr: tuple[str, int]) -> None:
        self._door = door
        self._addr = addr

    def answered(self, outcomes: Sequence[Received], *, stored: bool) -> None:
        self._door.answered(outcomes, self._addr, stored=stored)
