"""Connections that ask nothing: what a stranger may hold of the web, and for how long.

The server takes every connection and tells the application of whole requests only. So who keeps
silent, or sends a request's bytes one by one, is found here: our own sockets are looked at (the
kernel knows their peers and what waits in them), and those that nobody needs are shut.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import socket
import stat
import struct
import termios
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callflow.clock import monotonic
from callflow.core.station.addresses import Network, address_of, is_of, place
from web.access.addresses import Proxies

#: Connections of all, and of one address (IPv6: one /64) beside those at which somebody who logged
#: in is waiting for an answer: an office behind one address has as many consoles as it likes.
MOST, OF_ONE = 4096, 256
#: Seconds until a connection's first whole request; between two; and in which at least something of
#: an answer is taken.
FIRST, IDLE, UNREAD = 10.0, 75.0, 60.0
#: Seconds between two looks.
LOOK = 0.5
#: ``struct tcp_info`` of linux/tcp.h: where ``tcpi_bytes_acked`` is.
_TCP_INFO, _ACKED = 128, 120

_log = structlog.get_logger()
Peer = tuple[str, int]


@dataclass(eq=False, kw_only=True, slots=True)
class Connection:
    """One connection of a browser, a program or a stranger. Times are monotonic."""

    peer: Peer
    #: When it was made, or its last request was answered.
    since: float
    #: The kernel's number of its socket; 0: not seen yet.
    inode: int = 0
    #: Whole requests that are being answered, and whether there ever was one.
    under_way: int = 0
    asked: bool = False
    #: Somebody who is known by a session or a token asked.
    known: bool = False
    #: For whom it asks, where that is not its far end: the client of a proxy of ours.
    client: str = ""
    #: Bytes of ours that the far end took, and since when that is so while more wait.
    taken: int = 0
    stuck_since: float | None = None

    @property
    def needed(self) -> bool:
        """Somebody whom we know waits for an answer, such as a console for what happens."""
        return self.known and self.under_way > 0

    @property
    def whose(self) -> str:
        """The address that it is counted for."""
        return self.client or self.peer[0]

    @property
    def use(self) -> tuple[bool, bool, bool, float]:
        """Greater for those that are rather kept."""
        return self.known, self.under_way > 0, self.asked, self.since

    def too_old(self, at: float) -> str:
        """Why it is to be cut by its age; empty: it isn't."""
        if self.stuck_since is not None and at - self.stuck_since > UNREAD:
            return "unread"
        if self.under_way or at - self.since <= (IDLE if self.asked else FIRST):
            return ""
        return "idle" if self.asked else "silent"


def to_cut(
    connections: Iterable[Connection],
    at: float,
    *,
    most: int = MOST,
    of_one: int = OF_ONE,
    proxies: Sequence[Network] = (),
) -> dict[Connection, str]:
    """Which connections to cut, and why. Those that never asked go first, the oldest of them first:
    a browser asks within milliseconds of its connection."""
    kept = sorted(connections, key=lambda one: one.use)
    cut = {one: why for one in kept if (why := one.too_old(at))}
    kept = [one for one in kept if one not in cut]
    counted = [one for one in kept if not one.needed and not is_of(one.whose, proxies)]
    over = Counter(place(one.whose) for one in counted)
    over.subtract(dict.fromkeys(over, of_one))
    for one in counted:
        if over[place(one.whose)] > 0:
            over[place(one.whose)] -= 1
            cut[one] = "too many of one address"
    kept = [one for one in kept if one not in cut]
    unneeded = [one for one in kept if not one.needed]
    cut |= dict.fromkeys(unneeded[: max(0, len(kept) - most)], "too many")
    return cut


class Doorkeeper:
    """ASGI middleware, outside of all others: knows which connections ask, and cuts the rest."""

    def __init__(self, app: ASGIApp, port: int, proxies: Proxies, *, most: int = MOST) -> None:
        self._app, self._port = app, port
        self._most, self._proxies = most, proxies
        self._connections: dict[Peer, Connection] = {}
        self._others: set[int] = set()  # sockets of ours that are no visitor's

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope.get("client"):
            await self._app(scope, receive, send)
            return
        peer = _peer(scope["client"])
        one = self._connections.get(peer)
        if one is None:
            one = self._connections[peer] = Connection(peer=peer, since=monotonic())
        # Of several at once (HTTP/2) no one is who holds the connection.
        client = self._proxies.client(scope) if not one.under_way else ""
        one.client = client if client != peer[0] else ""
        state = scope.setdefault("state", {})
        whole = False

        def is_whole() -> None:
            nonlocal whole
            if not whole:
                whole = one.asked = True
                one.under_way += 1

        async def received() -> Message:
            message = await receive()
            if not message.get("more_body"):
                is_whole()
            return message

        async def sent(message: Message) -> None:
            is_whole()  # whoever is answered need not say more
            one.known = one.known or "who" in state
            await send(message)

        if not _has_body(scope):
            is_whole()
        try:
            await self._app(scope, received, sent)
        finally:
            one.since = monotonic()
            one.under_way -= whole
            if not one.under_way:
                one.client = ""

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                self.look(monotonic())
            except Exception:  # our bug: whoever is served is served on
                _log.exception("web.connections_not_seen")

    def look(self, at: float) -> None:
        """Find what there is, and cut what is too much."""
        files = self._visitors(at)
        cut = to_cut(files, at, most=self._most, proxies=self._proxies.networks)
        for one in cut:
            _shut(files[one], one.peer)
        for (where, why), many in Counter((place(c.whose), w) for c, w in cut.items()).items():
            _log.info("web.cut", place=where, why=why, connections=many)

    def _visitors(self, at: float) -> dict[Connection, int]:
        """The open connections with their files; forgets those that are gone."""
        found: dict[Connection, int] = {}
        inodes = {one.inode: one for one in self._connections.values()}
        others: set[int] = set()
        for file, inode in _sockets():
            if inode in self._others:
                others.add(inode)
                continue
            one = inodes.get(inode) or self._new(file, inode, at)
            if one is None:
                others.add(inode)
                continue
            if one.asked:
                _note_taken(file, one, at)
            found[one] = file
        self._others = others
        for one in list(self._connections.values()):
            if one not in found and not one.under_way:
                del self._connections[one.peer]
        return found

    def _new(self, file: int, inode: int, at: float) -> Connection | None:
        with _borrowed(file) as sock:
            try:
                if sock is None or sock.getsockname()[1] != self._port:
                    return None
                peer = _peer(sock.getpeername())
            except (OSError, IndexError, TypeError):  # it listens, or has no addresses
                return None
        one = self._connections.get(peer)
        if one is None or (one.inode and not one.under_way):  # another had the same port before
            one = self._connections[peer] = Connection(peer=peer, since=at)
        one.inode = inode
        return one


def _peer(address: Sequence[object]) -> Peer:
    host, port = str(address[0]), int(str(address[1]))
    return str(address_of(host) or host), port


def _has_body(scope: Scope) -> bool:
    """True where more of a request may come than its head."""
    told = (b"transfer-encoding", b"content-length")
    return scope["method"] not in ("GET", "HEAD") or any(n in told for n, _ in scope["headers"])


def _sockets() -> Iterator[tuple[int, int]]:
    """(file, inode) of each socket of this process."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 -- names, thousands of them
        with contextlib.suppress(OSError):  # closed meanwhile
            kept = os.fstat(int(name))
            if stat.S_ISSOCK(kept.st_mode):
                yield int(name), kept.st_ino


@contextlib.contextmanager
def _borrowed(file: int) -> Iterator[socket.socket | None]:
    """A socket that the server holds, by a file of our own: whatever the server closes meanwhile,
    what is looked at is what is shut."""
    try:
        sock = socket.socket(fileno=os.dup(file))
    except OSError as error:
        if error.errno not in (errno.EBADF, errno.ENOTSOCK):
            raise
        yield None
        return
    with sock:
        yield sock


def _note_taken(file: int, one: Connection, at: float) -> None:
    """Note since when the far end takes nothing of what we answer."""
    with _borrowed(file) as sock:
        if sock is None:
            return
        try:
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO)
            waits = _waiting(sock)
        except OSError:
            return
    if len(info) < _TCP_INFO or not waits:  # an old kernel doesn't tell
        one.stuck_since = None
        return
    (taken,) = struct.unpack_from("=Q", info, _ACKED)
    if one.stuck_since is None or taken != one.taken:
        one.taken, one.stuck_since = taken, at


def _waiting(sock: socket.socket) -> bool:
    """True where bytes of ours wait for the far end (SIOCOUTQ)."""
    return fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)) != bytes(4)


def _shut(file: int, peer: Peer) -> None:
    """End a connection at once, if the file is still its; the server sees it end and closes."""
    with _borrowed(file) as sock, contextlib.suppress(OSError, IndexError, TypeError):
        if sock is not None and _peer(sock.getpeername()) == peer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.shutdown(socket.SHUT_RDWR)
