"""What packet phones say leaves by the clock, whatever their test's process is doing meanwhile.

One process a session of tests sends for all of its lines, at a niceness of −10 where that is
allowed: run as a script, it takes lines at its standard input, a socket, and ends with it. A line
is two descriptors: the socket that its packets leave by, and one on which orders come and what
happened goes back; the line ends with that.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import pickle
import selectors
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from callflow import niceness
from tests.support.phones.mouth import FRAME_S, Happening, Mouth

#: How nice a process is that stands for somebody else's machine: ahead of whatever this one does.
FIRST = niceness.ASTERISK
#: So many seconds of sound are sent at once where even this process was held up.
_BURST_S = 0.4
_LENGTH = struct.Struct("!I")
_READ = 1 << 16


def _message(what: object) -> bytes:
    data = pickle.dumps(what)
    return _LENGTH.pack(len(data)) + data


class _Messages:
    """Those that come over a stream, whole."""

    def __init__(self) -> None:
        self._rest = b""

    def of(self, data: bytes) -> list[Any]:
        self._rest += data
        found = []
        while len(self._rest) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._rest)[0]
            if len(self._rest) < end:
                break
            found.append(pickle.loads(self._rest[_LENGTH.size : end]))
            self._rest = self._rest[end:]
        return found


# --- in the test's process ------------------------------------------------------------------------


class FarMouth:
    """``Mouth`` of a line, in the process that sends; ``tell`` is called in this loop."""

    def __init__(
        self,
        media: socket.socket,
        there: tuple[str, int],
        event_type: int | None,
        tell: Callable[[Happening], None],
    ) -> None:
        self._orders, far_end = socket.socketpair()
        self._tell, self._messages = tell, _Messages()
        with far_end:
            hello = pickle.dumps((there, event_type))
            socket.send_fds(_door(), [hello], [media.fileno(), far_end.fileno()])
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._orders.fileno(), self._told)

    def _told(self) -> None:
        data = self._orders.recv(_READ)
        if not data:
            self._loop.remove_reader(self._orders.fileno())
            raise RuntimeError("the process that sends packets ended; what it said stands above")
        for happening in self._messages.of(data):
            self._tell(happening)

    def goes_to(self, there: tuple[str, int]) -> None:
        """The far end's audio is somewhere else."""
        self._do("goes_to", there)

    def hums(self, alaw: bytes) -> None:
        self._do("hums", alaw)

    def plays(self, alaw: bytes, *, again: bool, name: str) -> None:
        self._do("plays", alaw, again=again, name=name)

    def types(self, keys: str, *, key_s: float, pause_s: float, leaks: Mapping[str, bytes]) -> None:
        self._do("types", keys, key_s=key_s, pause_s=pause_s, leaks=dict(leaks))

    def _do(self, order: str, *what: object, **more: object) -> None:
        if self._orders.fileno() >= 0:  # the call is not over
            self._orders.sendall(_message((order, what, more)))

    def end(self) -> None:
        """Nothing leaves any more."""
        self._loop.remove_reader(self._orders.fileno())
        self._orders.close()


class _Sender:
    """The process, once it was asked for."""

    process: subprocess.Popen[bytes] | None = None
    door: socket.socket


def _door() -> socket.socket:
    """Where the process takes lines; it is begun at the first."""
    if _Sender.process is None:
        _Sender.door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            _Sender.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.phones.packet_sender"],
                cwd=Path(__file__).resolve().parents[3],
                stdin=theirs.fileno(),
                start_new_session=True,
            )
        atexit.register(end)
    return _Sender.door


def end() -> None:
    """The process ends, where there is one: at a session's end, before it counts as left."""
    process, _Sender.process = _Sender.process, None
    if process is not None:
        _Sender.door.close()
        process.wait()


# --- in the process that sends --------------------------------------------------------------------


class _Line:
    """A line that is sent for; ``due``: its next packet, of the monotonic clock."""

    def __init__(self, media: int, orders: int, hello: bytes) -> None:
        self._media, self.orders = socket.socket(fileno=media), socket.socket(fileno=orders)
        self._there, event_type = pickle.loads(hello)
        self.mouth = Mouth(event_type, self._send, self._tell)
        self.messages = _Messages()
        self.due = time.monotonic()

    def _send(self, packet: bytes) -> None:
        with contextlib.suppress(OSError):
            self._media.sendto(packet, self._there)

    def _tell(self, happening: Happening) -> None:
        with contextlib.suppress(OSError):  # the line is about to end
            self.orders.send(_message(happening), socket.MSG_DONTWAIT)

    def obeys(self, order: str, what: tuple[Any, ...], more: Mapping[str, Any]) -> None:
        if order == "goes_to":
            (self._there,) = what
        else:
            getattr(self.mouth, order)(*what, **more)

    def ticks(self) -> None:
        """What is late follows at once, as from a network that was held up; what is later than a
        jitter buffer comes later, and all of it."""
        self.mouth.tick()
        self.due = max(self.due + FRAME_S, time.monotonic() - _BURST_S)

    def close(self) -> None:
        self._media.close()
        self.orders.close()


def main() -> None:
    """Send for every line, until standard input ends."""
    niceness.place(os.getpid(), FIRST)
    door, lines = socket.socket(fileno=0), dict[int, _Line]()
    with selectors.DefaultSelector() as ready:
        ready.register(door, selectors.EVENT_READ)
        while True:
            due = min((line.due for line in lines.values()), default=None)
            wait = None if due is None else max(0.0, due - time.monotonic())
            for key, _ in ready.select(wait):
                if key.fileobj is door:
                    hello, descriptors, _, _ = socket.recv_fds(door, _READ, 2)
                    if not hello:
                        return
                    line = _Line(descriptors[0], descriptors[1], hello)
                    lines[line.orders.fileno()] = line
                    ready.register(line.orders, selectors.EVENT_READ)
                elif not _ordered(lines[key.fd]):
                    ready.unregister(key.fd)
                    lines.pop(key.fd).close()
            now = time.monotonic()
            for line in lines.values():
                while line.due <= now:
                    line.ticks()


def _ordered(line: _Line) -> bool:
    """Does what was asked; False: the line is over."""
    with contextlib.suppress(ConnectionError):
        data = line.orders.recv(_READ)
        for order, what, more in line.messages.of(data):
            line.obeys(order, what, more)
        return bool(data)
    return False


if __name__ == "__main__":
    main()
