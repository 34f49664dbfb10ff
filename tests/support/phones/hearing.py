"""What a phone heard, measured: prompts, tones, keys. Sounds are 8 kHz, floats in −1…1.

A prompt is found by the correlation of its pieces with what was heard, so that a jitter buffer that
drops or repeats a frame changes nothing, and another sentence of the same voice isn't taken for it.
A machine that halts tears it: packet phones hear prompts byte by byte (packet_call.py).
"""

from __future__ import annotations

import wave
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.asterisk.configuration import DTMF_TONES

RATE = 8000
_HEADER = 44  # bytes before a WAV file's samples
Samples = npt.NDArray[np.float64]

#: Pieces of a prompt that are looked for, and how far one may be from its place.
_PIECE, _HOP = 1600, 1200  # samples: 200 ms, every 150 ms
_SLACK = 400  # samples: 50 ms
_MOST_PIECES = 40
#: How much is looked at in one step: little of a call that goes on, much of a whole one.
_LIVE, _WHOLE = 4096, 32768
#: How alike a piece and what was heard must be (1: the same). All are heard, but for those that a
#: frame lost or repeated by the line lies in: it lies in two of them at most. Two such frames are
#: all that a prompt may have, and one all that a short one may: of what is left another one, which
#: ends with the same words, would be taken for it.
ALIKE = 0.75
_OF_A_FRAME = 2
_SHORT = 13  # pieces: two seconds


class NotHeardError(AssertionError):
    """What was to be heard was not, or not in time: the product didn't say it, or a loaded machine
    tore it. The second alone may be tried again (see unsteady.py)."""


# --- files ---------------------------------------------------------------------------------------


def wav(path: Path, begin: int = 0) -> Samples:
    """A mono WAV file from the sample ``begin``, as far as it is written."""
    if not path.exists():
        return pcm(b"")
    with path.open("rb") as file:
        file.seek(_HEADER + 2 * begin)
        return pcm(file.read())


def pcm(data: bytes) -> Samples:
    """16 bit, little-endian."""
    return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.float64) / 32768


def write_wav(path: Path, samples: Samples) -> Path:
    """For a phone to play."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def sides(data: bytes) -> tuple[Samples, Samples]:
    """A recording's WAV: what the person said, what they heard."""
    both = pcm(data[_HEADER:])
    both = both[: len(both) // 2 * 2].reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _alaw_values() -> Samples:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent = (code >> 4) & 7
    mantissa = ((code & 15) << 4) + 8
    size = np.where(exponent == 0, mantissa, (mantissa + 256) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.float64) / 32768


_ALAW = _alaw_values()


def alaw(data: bytes) -> Samples:
    """ITU-T G.711 A-law."""
    return _ALAW[np.frombuffer(data, dtype=np.uint8)]


# --- prompts -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A prompt in what was heard: where it begins and ends, seconds, and how much of it (0…1)."""

    at: float
    end: float
    score: float


@dataclass
class Search:
    """Looks for ``expected`` in a sound that grows; ``feed`` takes all of it each time.

    ``pieces``: which of its pieces are looked for; None: all.
    """

    expected: Samples
    size: int = _LIVE
    pieces: slice | None = None
    found: list[Found] = field(default_factory=list)
    best: float = 0.0

    def __post_init__(self) -> None:
        offsets, pieces = _pieces(self.expected)
        wanted = self.pieces or slice(None)
        self._offsets, pieces = offsets[wanted], pieces[wanted]
        self._step = self.size - _PIECE
        self._spectra = np.conj(np.fft.rfft(pieces.astype(np.float32), self.size, axis=1))
        self._alike: list[npt.NDArray[np.float32]] = []  # of each step: (piece, place)
        self._candidates: set[int] = set()

    @property
    def _looked_at(self) -> int:
        return len(self._alike) * self._step

    def maybe(self, heard: Samples) -> list[int]:
        """Where it may begin in all of ``heard``, in samples."""
        heard = np.concatenate([heard, np.zeros(self.size)])
        while self._looked_at + self.size <= len(heard):
            self._look(heard[self._looked_at :][: self.size])
            self._alike[-1] = self._alike[-1][:0]  # only where, not how much
        return sorted(self._candidates)

    def feed(self, heard: Samples, *, last: bool = False) -> list[Found]:
        """What was found so far; ``last``: nothing more will come."""
        if last:
            heard = np.concatenate([heard, np.zeros(self.size + len(self.expected))])
        known = self._looked_at
        while self._looked_at + self.size <= len(heard):
            self._look(heard[self._looked_at :][: self.size])
        if self._looked_at > known:
            self._judge()
        return self.found

    def _look(self, stretch: Samples) -> None:
        spectrum = np.fft.rfft(stretch.astype(np.float32)) * self._spectra
        product = np.fft.irfft(spectrum, self.size, axis=1)[:, : self._step]
        energy = np.concatenate([[0.0], np.cumsum(stretch**2)])
        power = (energy[_PIECE:] - energy[:-_PIECE])[: self._step]
        alike = product / np.sqrt(np.maximum(power, _PIECE * 1e-6)).astype(np.float32)
        for piece, place in zip(*np.nonzero(alike > ALIKE), strict=True):
            start = self._looked_at + int(place) - self._offsets[piece]
            self._candidates.add(start // _SLACK * _SLACK)
        self._alike.append(alike)

    def _judge(self) -> None:
        """What is whole is weighed."""
        whole = self._looked_at - self._offsets[-1] - 3 * _SLACK
        ripe = sorted(start for start in self._candidates if start < whole)
        self._candidates.difference_update(ripe)
        if not ripe:
            return
        alike = np.concatenate(self._alike, axis=1)
        for start in ripe:
            if not self._told(start):
                self._weigh(alike, start)

    def _told(self, start: int) -> bool:
        """Whether another of its pieces told of the prompt that would begin there."""
        return any(abs(start - one.at * RATE) < len(self.expected) / 2 for one in self.found)

    def _weigh(self, alike: npt.NDArray[np.float32], start: int) -> None:
        likeness, places = self._around(alike, start)
        good = likeness > ALIKE
        self.best = max(self.best, float(good.mean()))
        if _is_enough(good):
            at = float(np.median(places[good]))
            end = float(places[good][-1]) + len(self.expected)
            self.found.append(Found(at / RATE, end / RATE, float(good.mean())))
            self.found.sort(key=lambda one: one.at)

    def _around(
        self, alike: npt.NDArray[np.float32], start: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """By each piece: how alike what was heard is at best around its place, and where the
        prompt would begin, by that."""
        likeness = np.zeros(len(self._offsets), dtype=np.float32)
        places = np.full(len(self._offsets), start)
        for piece, offset in enumerate(self._offsets):
            low = max(0, start + offset - _SLACK)
            window = alike[piece, low : max(low, start + offset + 2 * _SLACK)]
            if len(window):
                likeness[piece] = window.max()
                places[piece] = low + int(window.argmax()) - offset
        return likeness, places


def _is_enough(good: npt.NDArray[np.bool_]) -> bool:
    """Whether these pieces, in their order, are the prompt."""
    torn = [len(run) for run in "".join("x "[int(ok)] for ok in good).split()]
    frames = 1 if len(good) < _SHORT else 2
    return len(torn) <= frames and max(torn, default=0) <= _OF_A_FRAME and bool(good[-2:].any())


def _pieces(expected: Samples) -> tuple[list[int], Samples]:
    """Where the prompt's pieces stand, and each with an energy of one; silence is none."""
    floor = 0.02 * float(np.sqrt((expected**2).mean())) * np.sqrt(_PIECE)
    offsets = [
        start
        for start in range(0, max(1, len(expected) - _PIECE + 1), _HOP)
        if np.linalg.norm(expected[start : start + _PIECE]) > 10 * floor
    ]
    if not offsets:
        raise ValueError("a prompt without a sound")
    if len(offsets) > _MOST_PIECES:
        chosen = np.linspace(0, len(offsets) - 1, _MOST_PIECES).round().astype(int)
        offsets = [offsets[place] for place in chosen]
    pieces = np.array([_padded(expected[start : start + _PIECE]) for start in offsets])
    return offsets, pieces / np.linalg.norm(pieces, axis=1, keepdims=True)


def _padded(piece: Samples) -> Samples:
    return np.pad(piece, (0, _PIECE - len(piece)))


def find(heard: Samples, expected: Samples) -> list[Found]:
    """Where ``expected`` was said in all of ``heard``, in order."""
    found: list[Found] = []
    for begin, end in _stretches(heard, expected):
        for one in Search(expected, _WHOLE).feed(heard[begin:end], last=True):
            at = begin / RATE + one.at
            if not found or at > found[-1].at + len(expected) / 2 / RATE:
                found.append(Found(at, at + one.end - one.at, one.score))
    return found


def _stretches(heard: Samples, expected: Samples) -> list[tuple[int, int]]:
    """What must be looked at closely: from a second before to a second after where it may be.

    Never are three pieces in a row missing, nor both of the last.
    """
    begins = Search(expected, _WHOLE, slice(3)).maybe(heard)
    ends = np.array(Search(expected, _WHOLE, slice(-2, None)).maybe(heard) if begins else [])
    stretches: list[tuple[int, int]] = []
    for start in begins:
        late = ends - start
        if not ((late >= -2 * _SLACK) & (late <= 2 * _SLACK)).any():
            continue
        begin, end = max(0, start - RATE), start + len(expected) + RATE
        if stretches and begin <= stretches[-1][1]:
            stretches[-1] = stretches[-1][0], end
        else:
            stretches.append((begin, end))
    return stretches


def likeness(heard: Samples, expected: Samples) -> float:
    """How much of ``expected`` stands in ``heard`` at the best place, 0…1."""
    search = Search(expected, _WHOLE)
    search.feed(heard, last=True)
    return search.best


def sounding(
    heard: Samples, level: float = 0.003, apart: float = 0.06
) -> list[tuple[float, float]]:
    """From when to when something sounded, seconds; halts shorter than ``apart`` are none."""
    frame = RATE // 50
    frames = heard[: len(heard) // frame * frame].reshape(-1, frame)
    loud = np.flatnonzero(np.sqrt((frames**2).mean(axis=1)) > level) * frame / RATE
    if not len(loud):
        return []
    cuts = np.flatnonzero(np.diff(loud) > apart)
    begins, ends = loud[[0, *(cuts + 1)]], loud[[*cuts, -1]] + frame / RATE
    return [(float(a), float(b)) for a, b in zip(begins, ends, strict=True)]


# --- tones ---------------------------------------------------------------------------------------


def tone(*hertz: float, seconds: float, level: float = 0.3) -> Samples:
    """Sines of ``level`` each."""
    at = np.arange(int(seconds * RATE)) / RATE
    return np.asarray(sum(level * np.sin(2 * np.pi * f * at) for f in hertz), dtype=np.float64)


def key_tone(key: str, seconds: float = 0.12) -> Samples:
    """A key's two tones, as a phone with a leak sounds."""
    return tone(*DTMF_TONES[key], seconds=seconds, level=0.2)


def _amplitudes(samples: Samples, hertz: float, size: int) -> Samples:
    """The amplitude of one frequency in each frame (Goertzel's sum)."""
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    wave_ = np.exp(-2j * np.pi * hertz * np.arange(size) / RATE)
    return np.asarray(2 * np.abs(frames @ wave_) / size, dtype=np.float64)


def seconds_of_tone(
    samples: Samples, hertz: float, level: float = 0.02, *, share: float = 0.7
) -> float:
    """For how long a tone sounds, and is at least this share of all that sounds (its level)."""
    size = RATE // 20
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    total = np.sqrt((frames**2).mean(axis=1))
    amplitude = _amplitudes(samples, hertz, size)
    # A sine's effective value is its amplitude over √2.
    alone = amplitude / np.sqrt(2) > share * total
    return float(((amplitude > level) & alone).sum() * size / RATE)


def keys_heard(samples: Samples) -> str:
    """The keys whose two tones sound together, and nearly alone, for 60 ms or more, in order."""
    if len(samples) < _WINDOW:
        return ""
    windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[:: _WINDOW // 2]
    at = np.arange(_WINDOW)[:, None] / RATE
    amplitudes = 2 * np.abs(windows @ np.exp(-2j * np.pi * at * _FREQUENCIES)) / _WINDOW
    powers = (windows**2).mean(axis=1)
    heard, run, last = "", 0, ""
    for row, power in zip(amplitudes, powers, strict=True):
        key = _key_of(row, float(power))
        run = run + 1 if key and key == last else int(bool(key))
        heard += key if run == 2 else ""
        last = key
    return heard


_WINDOW = RATE // 25
_FREQUENCIES = np.array(sorted({hertz for tones in DTMF_TONES.values() for hertz in tones}))
_KEYS = {tones: key for key, tones in DTMF_TONES.items()}


def _key_of(amplitudes: Samples, power: float) -> str:
    """The key whose two tones hold most of the power, neither much weaker than the other."""
    first, second = sorted(np.argsort(amplitudes)[-2:])
    pair = amplitudes[[first, second]]
    two = float((pair**2).sum()) / 2
    if power < 1e-6 or two < 0.75 * power or pair.min() < 0.4 * pair.max():
        return ""
    return _KEYS.get((int(_FREQUENCIES[first]), int(_FREQUENCIES[second])), "")
