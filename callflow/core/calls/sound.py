"""Sound for the telephone, purely: measured, levelled, without clipping, as G.711 at 8 kHz.

Samples are floats in −1…1. A level is in dBFS: 0 is the RMS of a full-scale square wave, which is
the overload point (dBov) of ITU-T G.100.1.
"""

import math

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

RATE = 8000  # Hz, of the telephone
#: Active speech level of all that is said, by ITU-T P.56.
LEVEL_DBFS = -19.0
PEAK = 10 ** (-1 / 20)  # −1 dBFS
#: Silence before and after each sentence. An answer to a key begins with the first, so it is a
#: frame; together they are the pause between two sentences.
LEAD_S, TAIL_S = 0.020, 0.140
#: What is this much softer than the speech is no speech, where the room isn't louder.
QUIET_DB = 40.0
#: Of one sentence: figures in a name can be endless.
LONGEST_S = 20.0
#: Studio recordings: the shortest and the softest that are taken, in seconds and dBFS.
SHORTEST_S, SOFTEST_DBFS = 0.2, -50.0
#: Places where a recording stands still at its loudest: so many are clipping.
FLAT_TOPS = 3


class BadRecording(ValueError):
    """No studio recording can be made of this; the message tells a person why.

    ``said`` is the message before its ``values`` are put in: what a page translates.
    """

    def __init__(self, said: str, **values: object) -> None:
        super().__init__(said % values if values else said)
        self.said, self.values = said, values


# --- measuring ------------------------------------------------------------------------------------

_TIME_CONSTANT_S, _HANGOVER_S, _MARGIN_DB = 0.03, 0.2, 15.9  # P.56, method B


def active_level(samples: Samples, rate: int = RATE) -> float:
    """The active speech level in dBFS by ITU-T P.56, method B; −inf of silence.

    Measured as if silence followed. Pauses longer than the hangover don't count, so a slow sentence
    is as loud as a quick one.
    """
    hangover = round(_HANGOVER_S * rate)
    samples = np.pad(samples, (0, hangover))
    energy = float((samples**2).sum())
    if energy == 0:
        return -math.inf
    envelope = _envelope(samples, rate)
    before: tuple[float, float] | None = None
    for threshold in 2.0 ** np.arange(-15, 1):
        active = _held(envelope >= threshold, hangover)
        if not active:
            break
        level = 10 * math.log10(energy / active)
        margin = level - 20 * math.log10(threshold)
        if margin <= _MARGIN_DB:
            if before is None:
                return level
            share = (before[1] - _MARGIN_DB) / (before[1] - margin)
            return before[0] + share * (level - before[0])
        before = level, margin
    return before[0] if before else -math.inf


def _envelope(samples: Samples, rate: int) -> Samples:
    """P.56's two exponential averages in a row, as the one convolution that they are."""
    decay = math.exp(-1 / (rate * _TIME_CONSTANT_S))
    at = np.arange(round(12 * rate * _TIME_CONSTANT_S))
    response = (1 - decay) ** 2 * (at + 1) * decay**at
    size = 1 << (len(samples) + len(response)).bit_length()
    both = np.fft.rfft(np.abs(samples), size) * np.fft.rfft(response, size)
    return np.fft.irfft(both, size)[: len(samples)]


def _held(on: npt.NDArray[np.bool_], hangover: int) -> int:
    """How many samples are on, or at most ``hangover`` after one that was."""
    at = np.arange(len(on))
    last = np.maximum.accumulate(np.where(on, at, -hangover - 1))
    return int((at - last <= hangover).sum())


# --- making ---------------------------------------------------------------------------------------


def finish(samples: Samples, rate: int) -> Samples:
    """At 8 kHz: trimmed to what is heard, levelled, limited, with silence before and after."""
    speech = _trimmed(levelled(resampled(samples[: int(LONGEST_S * rate)], rate)))
    quiet = [np.zeros(round(seconds * RATE)) for seconds in (LEAD_S, TAIL_S)]
    return np.concatenate([quiet[0], speech, quiet[1]])


def levelled(samples: Samples) -> Samples:
    """As loud as all that is said, without clipping.

    Twice: rounding off the peaks takes some tenths of a decibel.
    """
    for _ in range(2):
        level = active_level(samples)
        if level == -math.inf:
            return samples
        samples = limited(samples * 10 ** ((LEVEL_DBFS - level) / 20))
    return samples


def _trimmed(samples: Samples) -> Samples:
    """From the first sound to the last. Soft consonants begin 40 dB below the vowels."""
    frame = RATE // 100
    power = (samples[: len(samples) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1)
    if not power.any():
        return samples[:0]
    room = float(np.percentile(power, 5))
    heard = np.flatnonzero(power > max(10 ** ((LEVEL_DBFS - QUIET_DB) / 10), 4 * room))
    if not heard.size:
        return samples
    return samples[max(0, heard[0] - 1) * frame : (heard[-1] + 2) * frame]


def limited(samples: Samples) -> Samples:
    """Peaks above half are rounded off, and stay below −1 dBFS: no clipping."""
    knee = 0.5
    over = np.abs(samples) > knee
    out = samples.copy()
    span = PEAK - knee
    out[over] = np.sign(samples[over]) * (
        knee + span * np.tanh((np.abs(samples[over]) - knee) / span)
    )
    return out


def resampled(samples: Samples, rate: int) -> Samples:
    """At 8 kHz from any ``rate`` in Hz: the band of the telephone, 90 to 3,600 Hz, nothing folded
    into it."""
    if not len(samples):
        return samples
    rest = np.zeros(rate // 10)  # what the end rings on must not come back at the beginning
    padded = np.concatenate([samples, rest])
    spectrum = np.fft.rfft(padded)
    hertz = np.arange(len(spectrum)) * rate / len(padded)
    # Slopes: a brick wall would ring before each sound.
    keep = np.clip((3800 - hertz) / 400, 0, 1) * np.clip((hertz - 30) / 120, 0, 1)
    keep = (1 - np.cos(np.pi * keep)) / 2
    count = round(len(padded) * RATE / rate)
    wanted = np.zeros(count // 2 + 1, dtype=np.complex128)
    shared = min(len(wanted), len(spectrum))
    wanted[:shared] = (spectrum * keep)[:shared]
    out = np.fft.irfft(wanted, count) * (count / len(padded))
    return out[: round(len(samples) * RATE / rate)]


def to_alaw(samples: Samples) -> bytes:
    """ITU-T G.711 A-law."""
    pcm = np.clip(np.round(samples * 32767), -32768, 32767).astype(np.int32)
    sign = np.where(pcm >= 0, 0x80, 0)
    size = np.minimum(np.where(pcm >= 0, pcm, -pcm - 1) >> 3, 4095)  # 12 bits
    exponent = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(np.int32) - 4, 0)
    mantissa = np.where(exponent > 1, size >> np.maximum(exponent, 1), size >> 1) & 0x0F
    exponent = np.where(size < 32, 0, exponent)
    return bytes(((sign | (exponent << 4) | mantissa) ^ 0x55).astype(np.uint8))


# --- what a studio gives --------------------------------------------------------------------------


def announcement(channels: Samples, rate: int) -> Samples:
    """A studio's recording (frames by channels, any rate in Hz), ready for the telephone at 8 kHz.

    Raises BadRecording where it is empty, too long, too soft or clipped.
    """
    channels = np.atleast_2d(channels.T).T
    seconds = len(channels) / rate
    if seconds < SHORTEST_S:
        raise BadRecording("it lasts less than %(least)s s", least=SHORTEST_S)
    if seconds > LONGEST_S:
        raise BadRecording(
            "it lasts %(seconds)s s: at most %(most)s",
            seconds=f"{seconds:.1f}",
            most=f"{LONGEST_S:.0f}",
        )
    if not np.isfinite(channels).all():
        raise BadRecording("it holds samples that are no numbers")
    if tops := max((_flat_tops(channel) for channel in channels.T), default=0):
        raise BadRecording(
            "it is clipped (places: %(tops)s): record it again with less gain", tops=tops
        )
    mono = _mono(channels)
    level = active_level(resampled(mono, rate))
    if level < SOFTEST_DBFS:
        raise BadRecording("there is no speech in it (%(level)s dBFS, P.56)", level=f"{level:.0f}")
    finished = finish(mono, rate)
    if len(finished) < (SHORTEST_S + LEAD_S + TAIL_S) * RATE:
        raise BadRecording("it lasts less than %(least)s s", least=SHORTEST_S)
    return finished


def _mono(channels: Samples) -> Samples:
    """The mean of the channels, or the loudest where they cancel each other."""
    mean: Samples = channels.mean(axis=1)
    powers = (channels**2).mean(axis=0)
    loudest: Samples = channels[:, int(powers.argmax())]
    return mean if (mean**2).mean() > 0.1 * powers.max() else loudest


def _flat_tops(channel: Samples) -> int:
    """Places where four samples or more stand still at the loudest value; 0 of few or soft ones."""
    peak = float(np.abs(channel).max(initial=0.0))
    if peak < 0.5:
        return 0
    at_top = np.abs(channel) >= peak * (1 - 1e-4)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], at_top.astype(np.int8), [0]])))
    runs = edges[1::2] - edges[::2]
    tops = int((runs >= 4).sum())
    return tops if tops >= FLAT_TOPS else 0
