"""An alarm panel on the phone: plays Contact ID as real tones, and listens for its answers.

It knows nothing of the product: it hears the handshake and the kiss-off in the sound of the line,
counts them, and sends again what had no kiss-off. Times are seconds of the sound heard.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ivr.asterisk.configuration import DTMF_TONES
from tests.support.phones import hearing
from tests.support.phones.hearing import RATE, Samples
from tests.support.phones.packet_phone import PacketPhone
from tests.support.phones.phone import Phones

#: The number of the station that panels call.
PANELS = "33639989998"
LOW_HZ, HIGH_HZ = 1400.0, 2300.0
#: A panel waits so long for the kiss-off to begin (DC-05), and sends a message so often.
PATIENCE_S, TRIES = 1.25, 4
#: From the end of a handshake or kiss-off to the first key.
_BREATH_S = 0.28
#: A kiss-off is 0.75 to 1 s; what is shorter is none.
KISS_OFF_S = 0.6
#: A tone goes on over what a line loses.
_HOLE_S = 0.2
#: What lines and jitter buffers add to the way there and back.
_WAY_S = 0.25
_FRAME = RATE // 100


class Tone(NamedTuple):
    """A tone that was heard."""

    hertz: float
    at: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.at


class Sent(NamedTuple):
    """A message on the time line of what is heard."""

    began: float
    ended: float


def tones_heard(samples: Samples, *hertz: float) -> list[Tone]:
    """Each tone of 50 ms or more that sounds alone, in order; short holes are a line's."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    total = np.sqrt((frames**2).mean(axis=1))
    found = []
    for one in hertz:
        wave = np.exp(-2j * np.pi * one * np.arange(_FRAME) / RATE)
        alone = np.sqrt(2) * np.abs(frames @ wave) / _FRAME > 0.8 * total
        places = np.flatnonzero(alone & (total > 0.01))
        runs = np.split(places, np.flatnonzero(np.diff(places) * _FRAME > _HOLE_S * RATE) + 1)
        found += [
            Tone(one, float(run[0] * _FRAME / RATE), float((run[-1] + 1) * _FRAME / RATE))
            for run in runs
            if len(run) >= 5
        ]
    return sorted(found, key=lambda tone: tone.at)


def key_sounds(keys: str, on: float = 0.05, off: float = 0.05, level: float = 0.25) -> Samples:
    """Keys as tones of ``on`` seconds, ``off`` apart; the higher one is 2 dB stronger."""
    parts = []
    for key in keys:
        low, high = DTMF_TONES[key]
        parts.append(
            hearing.tone(low, seconds=on, level=0.8 * level)
            + hearing.tone(high, seconds=on, level=level)
        )
        parts.append(np.zeros(int(off * RATE)))
    return np.concatenate(parts)


def line_noise(seconds: float = 3.0, level: float = 0.01) -> Samples:
    """A bad line: hiss (effective value ``level``) and as much of the mains' hum."""
    hiss = np.random.default_rng(5).normal(0, level, int(seconds * RATE))
    return hiss + hearing.tone(50, seconds=seconds, level=level)


def fresh_account() -> str:
    """Four digits that no demo site has; a panel's account knows no A."""
    return "".join(secrets.choice("BCDEF" if n == 0 else "0123456789BCDEF") for n in range(4))


class Panel:
    """A panel. What it heard and did is counted over all of its calls.

    ``waits`` are the seconds from the end of each acknowledged message to its kiss-off.
    """

    def __init__(self, phone: PacketPhone, number: str, *, noise: float, keys_sound: bool) -> None:
        self.phone, self.number = phone, number
        self._noise, self._keys_sound = noise, keys_sound
        self.handshakes = self.kiss_offs = self.sent = 0
        self.waits: list[float] = []
        self._heard_to = 0.0  # what was heard before has been dealt with

    async def calls(self, number: str = PANELS) -> None:
        """Dials; returns when it was answered."""
        self._heard_to = 0.0
        await self.phone.calls_in(f"{self.number.lstrip('+')}*{number}")
        if self._noise:
            self.phone.line.hums(line_noise(level=self._noise))

    async def hears_handshake(self, within: float = 20.0) -> None:
        """1400 Hz, a pause, 2300 Hz; returns at their end."""

        def end() -> float | None:
            _, tones = self._tones(LOW_HZ, HIGH_HZ)
            for one, two in itertools.pairwise(tones):
                short = one.seconds < 0.2 and 0.02 < two.at - one.end < 0.2
                if (one.hertz, two.hertz) == (LOW_HZ, HIGH_HZ) and short:
                    return two.end
            return None

        await self._until(lambda: end() is not None, within)
        self._heard_to = end() or 0.0
        self.handshakes += 1

    async def delivers(self, keys: str, tries: int = TRIES) -> int:
        """Sends a message until its kiss-off; how often that took, 0 where none came."""
        for count in range(1, tries + 1):
            if await self.hears_kiss_off(await self.sends(keys)):
                return count
        return 0

    async def sends(self, keys: str) -> Sent:
        """Sends a message once, 50 ms on and 50 ms off."""
        phone, at = self.phone, self._now + _BREATH_S
        await self._until(lambda: self._now >= at, 30)
        self.sent += 1
        before = self._now
        if self._keys_sound:
            said = phone.line.plays(key_sounds(keys), again=False)
            await said.over.wait()
            return Sent(before, said.ended)
        typed = await phone.line.types(keys)
        return Sent(before, phone.line.when(typed))

    async def hears_kiss_off(self, sent: Sent) -> bool:
        """Whether 1400 Hz began within the panel's patience, and was long enough."""
        latest = sent.ended + PATIENCE_S + _WAY_S

        kiss: Tone | None = None

        def over() -> bool:
            nonlocal kiss
            now, tones = self._tones(LOW_HZ)
            heard = [tone for tone in tones if sent.began < tone.at < latest]
            kiss = max(heard, key=lambda tone: tone.seconds, default=None)
            return now > (latest if kiss is None else kiss.end + _HOLE_S)

        await self._until(over, 10)
        if kiss is None or kiss.seconds < KISS_OFF_S:
            return False
        self._heard_to = kiss.end
        self.kiss_offs += 1
        self.waits.append(kiss.at - sent.ended)
        return True

    async def hangs_up(self) -> None:
        """Returns when the line is free."""
        self.phone.hangs_up()
        await self.phone.is_hung_up()

    @property
    def _now(self) -> float:
        return self.phone.line.length / RATE

    def _tones(self, *hertz: float) -> tuple[float, list[Tone]]:
        """How much was heard, and the tones in it since the last one that was dealt with."""
        begin, since = self._heard_to, int(self._heard_to * RATE)
        new = self.phone.call.heard_from(since)
        found = [Tone(one, begin + at, begin + end) for one, at, end in tones_heard(new, *hertz)]
        return (since + len(new)) / RATE, found

    async def _until(self, fact: Callable[[], bool], within: float) -> None:
        def true() -> bool:
            assert not self.phone.call.over, "the station hung up"
            return fact()

        await self.phone._until(true, within)


async def panel_at(
    phones: Phones, number: str, *, keys_sound: bool = True, noise: float = 0.01
) -> Panel:
    """A panel that calls from ``number``; ``keys_sound``: as tones, and no RFC 4733 is offered."""
    phone = await phones.at(number, options=("--keys-sound",) if keys_sound else ())
    return Panel(phone, number, noise=noise, keys_sound=keys_sound)
