"""The door itself: takes connections, hands on those of our pages, and holds few of strangers.

Who has proved nothing yet (no whole request, no password) may be there for some seconds, and so
many at once; one more, and the oldest of the address that has most of them goes. So a flood of
silent or dripping connections keeps nobody's telephone out: that proves its password at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from callflow.core.station.addresses import place
from ivr.door.handshake import LONGEST, Pages, Proof, Refusal, Visitors, opening, read

#: Connections at once that have proved nothing; of all.
STRANGERS, ALL = 512, 4096
#: Seconds for TLS and the first words; from those to a right password; without a word of a
#: telephone, which registers anew each minute.
FIRST, PROOF, SILENT = 5.0, 10.0, 180.0
#: Seconds to part, where one end has said that it goes.
_PARTING = 1.0
_CHUNK = 65_536
_TOLD_EVERY = 1.0


@dataclass(eq=False, kw_only=True, slots=True)
class _Visit:
    host: str  # the connection's far end
    address: str  # by what it is counted
    task: asyncio.Task[None] | None = None


@dataclass(kw_only=True)
class Door:
    """``upstream`` is Asterisk's port on loopback, ``prefix`` what its paths begin with."""

    upstream: int
    prefix: str
    pages: Pages
    visitors: Visitors = field(default_factory=Visitors)
    strangers: int = STRANGERS
    _unproved: dict[_Visit, None] = field(default_factory=dict)
    _by_address: Counter[str] = field(default_factory=Counter)  # of those
    _all: set[_Visit] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)  # since it was opened, by reason

    @property
    def visits(self) -> int:
        """Connections that are open now."""
        return len(self._all)

    async def listen(self, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        """Take connections until cancelled; those that are there stay."""
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        try:
            while True:
                try:
                    link, address = await loop.sock_accept(listener)
                except OSError:  # it was gone before, or there are no files left
                    self.refused["not_accepted"] += 1
                    await asyncio.sleep(0.05)
                    continue
                self._admit(link, str(address[0]), tls)
        finally:
            listener.close()

    async def tell(self, say: Callable[[Mapping[str, int]], None]) -> None:
        """How many were refused since it was opened, once a second where that changed, until
        cancelled."""
        said = 0
        while True:
            await asyncio.sleep(_TOLD_EVERY)
            if (now := self.refused.total()) != said:
                say(self.refused)
                said = now

    async def end(self) -> None:
        """Until the last connection is gone by itself."""
        while tasks := [visit.task for visit in self._all if visit.task is not None]:
            await asyncio.wait(tasks)
            await asyncio.sleep(0)  # they are forgotten after they end

    # --- who is there ---

    def _admit(self, link: socket.socket, host: str, tls: ssl.SSLContext | None) -> None:
        if not self.visitors.may_connect(host):
            self.refused["address"] += 1
            link.close()
            return
        while len(self._unproved) >= self.strangers or (
            len(self._all) >= ALL and len(self._unproved) > 0
        ):
            self._let_go(self._least_useful())
        if len(self._all) >= ALL:
            self.refused["full"] += 1
            link.close()
            return
        visit = _Visit(host=host, address=place(host))
        self._unproved[visit] = None
        self._by_address[visit.address] += 1
        self._all.add(visit)
        visit.task = asyncio.create_task(self._visit(visit, link, tls))
        visit.task.add_done_callback(lambda _: self._over(visit, link))

    def _least_useful(self) -> _Visit:
        """The oldest one of the address that has most."""
        address = max(self._by_address, key=self._by_address.__getitem__)
        return next(visit for visit in self._unproved if visit.address == address)

    def _let_go(self, visit: _Visit) -> None:
        self.refused["crowded"] += 1
        self._gone(visit)
        if visit.task is not None:
            visit.task.cancel()

    def _over(self, visit: _Visit, link: socket.socket) -> None:
        link.close()  # one that was let go at once had not begun
        self._gone(visit)

    def _gone(self, visit: _Visit) -> None:
        self._known(visit)
        self._all.discard(visit)

    def _known(self, visit: _Visit) -> None:
        """It is no stranger any more, or no longer there."""
        if visit not in self._unproved:
            return
        del self._unproved[visit]
        self._by_address[visit.address] -= 1
        if not self._by_address[visit.address]:
            del self._by_address[visit.address]

    def _is_of(self, visit: _Visit, client: str) -> None:
        """Whose telephone a stranger's is, behind a proxy: it is counted for them."""
        self._by_address[visit.address] -= 1
        if not self._by_address[visit.address]:
            del self._by_address[visit.address]
        visit.address = place(client)
        self._by_address[visit.address] += 1

    # --- one of them ---

    async def _visit(self, visit: _Visit, link: socket.socket, tls: ssl.SSLContext | None) -> None:
        with contextlib.ExitStack() as open_links:
            open_links.callback(link.close)
            try:
                await self._let_in(visit, link, tls, open_links)
            except Refusal as refusal:
                self.refused[refusal.why] += 1
            except TimeoutError:
                self.refused["slow"] += 1
            except asyncio.LimitOverrunError:
                self.refused["header"] += 1
            except ssl.SSLError:
                self.refused["tls"] += 1
            except (OSError, asyncio.IncompleteReadError):
                self.refused["cut"] += 1

    async def _let_in(
        self,
        visit: _Visit,
        link: socket.socket,
        tls: ssl.SSLContext | None,
        open_links: contextlib.ExitStack,
    ) -> None:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(FIRST):
            reader, writer = await _streams(link, tls)
            open_links.callback(_cut, writer)
            head = await reader.readuntil(b"\r\n\r\n")
        try:
            words = read(head)
            self._is_of(visit, self.visitors.client(visit.host, words.told))
            opened = opening(words, self.pages, secure=tls is not None, prefix=self.prefix)
        except Refusal as refusal:
            await _say(writer, refusal.answer())
            raise
        async with asyncio.timeout(PROOF) as limit:
            writer.write(opened.answer)
            # Asterisk has a thread for each: who says nothing costs it none.
            first = await reader.read(_CHUNK)
            if not first:
                return
            far, near = await asyncio.open_connection("127.0.0.1", self.upstream)
            open_links.callback(_cut, near)
            near.write(opened.asked)
            answer = await far.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 101 "):
                raise Refusal("502 Bad Gateway", "asterisk")
            near.write(first)
            await self._relay(visit, limit, (reader, writer), (far, near))

    async def _relay(
        self, visit: _Visit, limit: asyncio.Timeout, telephone: _Ends, asterisk: _Ends
    ) -> None:
        proof = Proof()

        def followed(chunk: bytes) -> None:
            proof.follow(chunk)
            if proof.given and visit in self._unproved:
                self._known(visit)
                limit.reschedule(None)

        pumps = [
            asyncio.create_task(_pump(telephone[0], asterisk[1], SILENT)),
            asyncio.create_task(_pump(asterisk[0], telephone[1], None, followed)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for end in (telephone[1], asterisk[1]):  # who has gone says so to the other
                if end.can_write_eof():
                    end.write_eof()
            await asyncio.wait(pumps, timeout=_PARTING)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)


_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _streams(link: socket.socket, tls: ssl.SSLContext | None) -> _Ends:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, link, ssl=tls, ssl_handshake_timeout=FIRST if tls else None
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def _cut(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    writer.close()


async def _pump(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    patience: float | None,
    followed: Callable[[bytes], None] = lambda chunk: None,
) -> None:
    """Until an end is gone, or the source has been silent for ``patience`` seconds."""
    while True:
        async with asyncio.timeout(patience):
            chunk = await source.read(_CHUNK)
        if not chunk:
            return
        target.write(chunk)
        followed(chunk)
        async with asyncio.timeout(SILENT):
            await target.drain()


async def _say(writer: asyncio.StreamWriter, answer: bytes) -> None:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            writer.write(answer)
            writer.close()
            await writer.wait_closed()
