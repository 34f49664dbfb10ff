"""What a line says, packet by packet: A-law (RFC 3551), keys as telephone events (RFC 4733).

Only the standard library: the process that sends for packet phones imports it (packet_sender.py).
"""

from __future__ import annotations

import random
import struct
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

FRAME_S, FRAME = 0.020, 160  # seconds and bytes of a packet's sound
SILENCE = b"\xd5"
PCMA = 8
_EVENTS = {key: place for place, key in enumerate("0123456789*#ABCD")}

#: What happened, to which, and when (Unix time): a ``key`` began to leave, all was ``typed``, a
#: sound of this name was ``said`` once.
Happening = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class _Due:
    """A packet to send. ``since``: of a key, how many frames ago it began; ``end``: its last.

    ``payload``: None is what the line says anyway.
    """

    payload: bytes | None
    since: int | None = None
    end: bool = False
    key: str = ""


_PAUSE = _Due(None)


def _event(key: str, frames: int, *, end: bool = False) -> bytes:
    """RFC 4733, 2.3: the event, its end and volume (−10 dBm0), how long it lasted so far."""
    return struct.pack("!BBH", _EVENTS[key], (0x80 if end else 0) | 10, frames * FRAME)


class Sound:
    """A-law that is said 20 ms by 20 ms, once or again and again."""

    def __init__(self, alaw: bytes, *, again: bool = True, name: str = "") -> None:
        self.name = name
        self._alaw = alaw + SILENCE * (-len(alaw) % FRAME)
        self._again, self._place = again, 0

    def is_over(self) -> bool:
        return self._place >= len(self._alaw)

    def next(self) -> bytes:
        piece = self._alaw[self._place : self._place + FRAME]
        self._place += FRAME
        if self._again and self.is_over():
            self._place = 0
        return piece


_REST = SILENCE * FRAME


class Mouth:
    """``send`` takes each packet, ``tell`` what happened. It says silence until it is told else."""

    def __init__(
        self,
        event_type: int | None,
        send: Callable[[bytes], None],
        tell: Callable[[Happening], None],
    ) -> None:
        self._event_type, self._send, self._tell = event_type, send, tell
        self._hum, self._sound = Sound(_REST), Sound(b"", again=False)
        self._sending: deque[_Due] = deque()
        self._number = random.randrange(1 << 15)
        self._clock = random.randrange(1 << 30)
        self._source = random.randrange(1 << 32)

    def hums(self, alaw: bytes) -> None:
        """Whenever nothing else is said."""
        self._hum = Sound(alaw)

    def plays(self, alaw: bytes, *, again: bool, name: str) -> None:
        """From now on, instead of what was said before; ``b""``: nothing more."""
        self._sound = Sound(alaw, again=again, name=name)

    def types(self, keys: str, *, key_s: float, pause_s: float, leaks: Mapping[str, bytes]) -> None:
        """``leaks``: what sounds (A-law), by its key, before a key is known to be one."""
        assert self._event_type is not None, "the far end takes no RFC 4733"
        steps = round(key_s / FRAME_S)
        for key in keys:
            leak = Sound(leaks.get(key, b""), again=False)
            while not leak.is_over():
                self._sending.append(_Due(leak.next()))
            self._sending.extend(
                _Due(_event(key, step + 1), step, key=key) for step in range(steps)
            )
            self._sending.append(_Due(_event(key, steps, end=True), steps, end=True))
            self._sending.extend([_PAUSE] * (round(pause_s / FRAME_S) - 1))

    def tick(self) -> None:
        """Sends what is due every 20 ms."""
        due = self._sending.popleft() if self._sending else _PAUSE
        kind = self._event_type if due.since is not None and self._event_type else PCMA
        payload = self._next() if due.payload is None else due.payload
        stamp = (self._clock - (due.since or 0) * FRAME) & 0xFFFFFFFF
        if due.since == 0:
            self._tell(("key", due.key, time.time()))
        for _ in range(3 if due.end else 1):
            marker = 0x80 if due.since == 0 else 0
            number = self._number & 0xFFFF
            head = struct.pack("!BBHII", 0x80, kind | marker, number, stamp, self._source)
            self._number += 1
            self._send(head + payload)
        self._clock += FRAME
        if due.end and all(later.since is None for later in self._sending):
            self._tell(("typed", "", time.time()))

    def _next(self) -> bytes:
        if self._sound.is_over():
            return self._hum.next()
        said = self._sound.next()
        if self._sound.is_over():
            self._tell(("said", self._sound.name, time.time()))
        return said
