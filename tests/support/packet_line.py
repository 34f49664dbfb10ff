"""The audio of a call, both ways, packet by packet (RTP, A-law).

A loaded machine changes nothing of what was heard: packets wait in the kernel's buffer, have its
time, and by their numbers none is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from ivr import sound as telephone_sound
from tests.support import hearing
from tests.support.hearing import RATE, Samples
from tests.support.sip_players import FRAME, FRAME_S, Player, far_end, listens

SILENCE = b"\xd5"
#: Seconds that a packet may be late before the line was silent meanwhile.
_LATE_S = 0.08
#: So many seconds of sound are sent at once where this process was held up.
_BURST_S = 0.4
_TIMESTAMPS, _RCVBUFFORCE = 35, 33  # SO_TIMESTAMPNS, SO_RCVBUFFORCE (Linux): not in Python's socket
_BUFFER = 1 << 22
_RTCP = range(192, 224)


class DeafError(AssertionError):
    """Packets are missing: nothing can be said about what was heard."""


@dataclass
class _Playing:
    """A sound that is said. ``over`` is set when it was said once."""

    sound: Samples
    again: bool
    place: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def next(self) -> Samples:
        """Of the next 20 ms; zeros after its end."""
        piece = self.sound[self.place : self.place + FRAME]
        self.place += FRAME
        if self.place >= len(self.sound):
            self.over.set()
            self.place = 0 if self.again else len(self.sound)
        return np.pad(piece, (0, FRAME - len(piece)))


class Line(Player):
    """The audio of a call, both ways; what was heard stands on a line of samples from its begin."""

    def __init__(self, media: socket.socket, body: str) -> None:
        there, event_type = far_end(body)
        super().__init__("", media, there, event_type)
        self.sound = bytearray()  # all A-law that came, end to end
        self.typed: list[tuple[str, float]] = []
        self.lost = 0
        self.sounding = False  # its keys
        self._begun = time.time()
        self._places = [(0, 0)]  # from this byte on, the line's samples are from there on
        self._numbers: dict[bytes, int] = {}  # of each source: its last packet
        self._playing: dict[str, _Playing] = {}
        self._ended: int | None = None
        listens(self)
        self._speaking = asyncio.create_task(self._speak(), name="line")

    # --- what it hears ---

    def took(self, data: bytes, at: float) -> None:
        if data[1] in _RTCP:
            return
        number, source = int.from_bytes(data[2:4], "big"), data[8:12]
        last = self._numbers.get(source, number - 1)
        self.lost += (number - last - 1) & 0xFFFF
        self._numbers[source] = number
        known = len(self.heard)
        super().took(data, at)
        if len(self.heard) > known:
            end, arrived = self._end, int((at - self._begun) * RATE)
            if arrived > end + _LATE_S * RATE:
                self._places.append((len(self.sound), arrived))
            self.sound += self.heard[-1].sound

    @property
    def _end(self) -> int:
        byte, place = self._places[-1]
        return place + len(self.sound) - byte

    @property
    def length(self) -> int:
        """Samples from its begin until now, silence too."""
        if self._ended is not None:
            return self._ended
        self.receive()
        return max(self._end, int((time.time() - self._begun - _LATE_S) * RATE))

    def at(self, byte: int) -> float:
        """Where on the line a byte of the sound stands, in seconds."""
        begin, place = self._places[bisect_right(self._places, (byte, 1 << 62)) - 1]
        return (place + byte - begin) / RATE

    def byte(self, at: float) -> int:
        """The first byte of the sound that stands there on the line, or after it."""
        place = round(at * RATE)
        begin, start = self._places[bisect_right(self._places, place, key=lambda one: one[1]) - 1]
        return min(len(self.sound), begin + place - start)

    def samples(self, since: int) -> Samples:
        """The line from there on."""
        heard = np.zeros(max(0, self.length - since))
        ends = [byte for byte, _ in self._places[1:]] + [len(self.sound)]
        for (byte, place), end in zip(self._places, ends, strict=True):
            skipped = max(0, since - place)
            piece = hearing.alaw(bytes(self.sound[byte + skipped : end]))
            begin = place + skipped - since
            heard[begin : begin + len(piece)] = piece
        return heard

    # --- what it says ---

    def plays(self, what: str, sound: Samples, *, again: bool = True) -> _Playing:
        """Says a sound from now on, over what else it says."""
        self._playing[what] = _Playing(sound, again)
        return self._playing[what]

    def falls_silent(self) -> None:
        self._playing.pop("sound", None)

    def next_sound(self) -> bytes:
        if not self._playing:
            return SILENCE * FRAME
        said = np.sum([playing.next() for playing in self._playing.values()], axis=0)
        return telephone_sound.to_alaw(np.clip(said, -1, 1))

    def leaks(self, key: str) -> list[bytes]:
        if not self.sounding:
            return []
        tones = telephone_sound.to_alaw(hearing.key_tone(key))
        return [tones[place : place + FRAME] for place in range(0, len(tones), FRAME)]

    def tick(self) -> None:
        if self._sending and self._sending[0].since == 0:
            self.typed.append((self._sending[0].key, self.length / RATE))
        super().tick()

    async def _speak(self) -> None:
        """Every 20 ms. What is late follows at once, as from a network that was held up; what is
        later than a jitter buffer comes later, and all of it."""
        due = time.monotonic()
        while True:
            self.tick()
            due = max(due + FRAME_S, time.monotonic() - _BURST_S)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def end(self) -> None:
        """The call is over."""
        if self._ended is None:
            self._ended = self.length
            self.over.set()
            self._typed.set()
            for playing in self._playing.values():
                playing.over.set()
            self._speaking.cancel()
            asyncio.get_running_loop().remove_reader(self.media.fileno())
            self.media.close()


def open_media() -> tuple[socket.socket, socket.socket]:
    """An even port for RTP, whose packets have their time, and the next one, where RTCP goes."""
    while True:
        media, control = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        media.bind(("127.0.0.1", 0))
        port = media.getsockname()[1]
        with contextlib.suppress(OSError):
            if port % 2 == 0:
                control.bind(("127.0.0.1", port + 1))
                break
        media.close()
        control.close()
    media.setblocking(False)
    media.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
    media.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    with contextlib.suppress(PermissionError):
        media.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
    return media, control
