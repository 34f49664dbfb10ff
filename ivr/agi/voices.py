"""What people say after the tone: recorded by Asterisk, kept as a file, checked and hashed.

Asterisk writes ``NAME.sln`` beside the calls' recordings, without a header, so that whatever ends
it leaves what was said until then. ``finish`` wraps it into ``spoken/NAME.wav``. A name is the
call's id and a number: a call may say several things, and whoever takes it over never writes over
one.
"""

import asyncio
import itertools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from callflow.core.calls import sound
from callflow.core.calls.sound import Samples
from ivr import recording
from ivr.recording import Spoken

T = TypeVar("T")

#: The tone after which somebody speaks, Hz and seconds, and how loud, of full scale.
_TONE_HZ, _TONE_S, _LOUDNESS = 1000, 0.3, 0.25
#: What is shorter, or softer (active level, dBFS), is nobody speaking.
SHORTEST_S, SOFTEST_DBFS = 0.3, -55.0


class Voices:
    """``recordings`` is written by Asterisk, too; ``played`` is for what is said back, which may be
    made anew at any time."""

    def __init__(self, recordings: Path, played: Path) -> None:
        self._recordings, self._played = recordings, played
        # A thread of its own: measuring a minute of speech must not wait behind other files.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voices")

    async def tone(self) -> Path:
        """The tone's sound file, without extension."""
        return await self._made("tone", _tone)

    async def begin(self, call_id: str) -> tuple[str, Path]:
        """A name for what is said now, and where it is recorded, without extension."""
        return await self._in_thread(lambda: self._fresh(call_id))

    async def finish(self, name: str) -> Spoken | None:
        """What was recorded; None where nobody spoke, and nothing is kept. Raises OSError."""
        return await self._in_thread(lambda: self._finish(name))

    async def stored(self, name: str) -> None:
        """A row tells of it: what Asterisk wrote is not needed any more."""
        await self._in_thread(lambda: recording.discard_spoken(self._recordings, name))

    async def played(self, name: str) -> Path:
        """The sound file that says it back, without extension. Raises OSError."""
        return await self._made(name, lambda: sound.levelled(self._samples(name)))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _made(self, name: str, samples: Callable[[], Samples]) -> Path:
        return await self._in_thread(lambda: self._make(name, samples))

    def _make(self, name: str, samples: Callable[[], Samples]) -> Path:
        stem = self._played / f"voice-{name}"
        file = stem.with_name(f"{stem.name}.alaw")
        if not file.exists():
            self._played.mkdir(parents=True, exist_ok=True)
            fresh = file.with_name(f".{file.name}.new")
            fresh.write_bytes(sound.to_alaw(samples()))
            fresh.replace(file)
        return stem

    def _fresh(self, call_id: str) -> tuple[str, Path]:
        for count in itertools.count(1):
            name = recording.spoken_name(call_id, count)
            raw = recording.spoken_raw(self._recordings, name)
            if not raw.exists() and not recording.spoken_file(self._recordings, name).exists():
                return name, raw.with_suffix("")
        raise AssertionError("numbers have no end")

    def _finish(self, name: str) -> Spoken | None:
        raw = recording.spoken_raw(self._recordings, name)
        try:
            samples = _read(raw.read_bytes())
        except FileNotFoundError:  # never written; or the call is over, and it was kept already
            return None
        soft = sound.active_level(samples) < SOFTEST_DBFS
        if len(samples) < SHORTEST_S * sound.RATE or soft:
            raw.unlink()
            return None
        return recording.finish_spoken(self._recordings, name)

    def _samples(self, name: str) -> Samples:
        return _read(recording.spoken_file(self._recordings, name).read_bytes()[44:])


def _read(pcm: bytes) -> Samples:
    whole = pcm[: len(pcm) - len(pcm) % 2]
    return np.frombuffer(whole, dtype="<i2").astype(np.float64) / 32768


def _tone() -> Samples:
    at = np.arange(round(_TONE_S * sound.RATE)) / sound.RATE
    tone: Samples = _LOUDNESS * np.sin(2 * math.pi * _TONE_HZ * at)
    return np.concatenate([tone, np.zeros(round(0.02 * sound.RATE))])
