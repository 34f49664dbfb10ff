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

from callflow.core.calls import sound as telephone_sound
from tests.support.phones import hearing
from tests.support.phones.hearing import RATE, Samples
from tests.support.phones.mouth import Happening
from tests.support.sip.sip_players import Player, far_end

#: Seconds that a packet may be late before the line was silent meanwhile.
_LATE_S = 0.08
_TIMESTAMPS, _RCVBUFFORCE = 35, 33  # SO_TIMESTAMPNS, SO_RCVBUFFORCE (Linux): not in Python's socket
_BUFFER = 1 << 22
_RTCP = range(192, 224)
#: RFC 4733 §3.2.
_EVENTS = "0123456789*#ABCD"


class DeafError(AssertionError):
    """Packets are missing: nothing can be said about what was heard."""


@dataclass
class Saying:
    """A sound that is said. ``over`` is set when it was said once, and ``ended`` is when (on the
    line, in seconds)."""

    name: str
    over: asyncio.Event = field(default_factory=asyncio.Event)
    ended: float = 0.0


class Line(Player):
    """The audio of a call, both ways; what was heard stands on a line of samples from its begin."""

    def __init__(self, media: socket.socket, body: str) -> None:
        there, event_type = far_end(body)
        self.typed: list[tuple[str, float]] = []
        self.keys_heard: list[str] = []
        self._key_at = b""
        self.lost = 0
        self.sounding = False  # its keys
        self._begun = time.time()
        self._places = [(0, 0)]  # from this byte on, the line's samples are from there on
        self._numbers: dict[bytes, int] = {}  # of each source: its last packet
        self._hum: Samples | None = None
        self._saying = Saying("0")
        self._ended: int | None = None
        super().__init__("", media, there, event_type)

    # --- what it hears ---

    def took(self, data: bytes, at: float) -> None:
        if data[1] in _RTCP:
            return
        number, source = int.from_bytes(data[2:4], "big"), data[8:12]
        last = self._numbers.get(source, number - 1)
        self.lost += (number - last - 1) & 0xFFFF
        self._numbers[source] = number
        if data[1] & 0x7F == self.event_type:
            self._hears_key(data)
        begin, end = len(self.sound), self._end
        super().took(data, at)
        arrived = int((at - self._begun) * RATE)
        if len(self.sound) > begin and arrived > end + _LATE_S * RATE:
            self._places.append((begin, arrived))

    def _hears_key(self, data: bytes) -> None:
        """All packets of a key have the time of its begin (RFC 4733 §2.2)."""
        if data[4:8] != self._key_at:
            self._key_at = data[4:8]
            self.keys_heard.append(_EVENTS[data[12] & 15])

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

    def goes_to(self, body: str) -> None:
        """The far end told anew where its audio is."""
        self.far_end, _ = far_end(body)
        self.mouth.goes_to(self.far_end)

    def hums(self, noise: Samples) -> None:
        """Beneath all else that it says."""
        self._hum = noise
        self.mouth.hums(telephone_sound.to_alaw(noise))

    def plays(self, sound: Samples, *, again: bool = True) -> Saying:
        """Says a sound from now on, instead of what it said before."""
        if self._hum is not None:
            sound = sound + np.resize(self._hum, len(sound))
        self._saying.over.set()
        self._saying = Saying(str(int(self._saying.name) + 1))
        alaw = telephone_sound.to_alaw(np.clip(sound, -1, 1))
        self.mouth.plays(alaw, again=again, name=self._saying.name)
        return self._saying

    def falls_silent(self) -> None:
        self.mouth.plays(b"", again=False, name="")

    def leaks(self, keys: str) -> dict[str, bytes]:
        if not self.sounding:
            return {}
        return {key: telephone_sound.to_alaw(hearing.key_tone(key)) for key in keys}

    def when(self, at: float) -> float:
        """A moment (Unix time) on the line."""
        return at - self._begun

    def told(self, happening: Happening) -> None:
        what, name, at = happening
        super().told(happening)
        if what == "key":
            self.typed.append((name, self.when(at)))
        elif what == "said" and name == self._saying.name:
            self._saying.ended = self.when(at)
            self._saying.over.set()

    def end(self) -> None:
        if not self.over.is_set():
            self._ended = self.length
            self._saying.over.set()
            super().end()


def open_media(host: str = "127.0.0.1") -> tuple[socket.socket, socket.socket]:
    """An even port for RTP, whose packets have their time, and the next one, where RTCP goes."""
    while True:
        media, control = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        media.bind((host, 0))
        port = media.getsockname()[1]
        with contextlib.suppress(OSError):
            if port % 2 == 0:
                control.bind((host, port + 1))
                break
        media.close()
        control.close()
    media.setblocking(False)
    media.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
    media.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    with contextlib.suppress(PermissionError):
        media.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
    return media, control
