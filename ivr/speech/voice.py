"""The voice: a process of its own that makes sound files of sentences.

py-nanotts holds the interpreter's lock for 10 to 30 ms a sentence and is C that reads text from
outside, so it runs neither in the telephony process's threads nor in its memory. This file is run
as a script, imports nothing of ours, and ends when its standard input does: nobody has to
stop it. One JSON line in, one JSON line out.

Each sentence becomes ``STEM.alaw`` (what the trunk speaks, so that playing costs no transcoding):
trimmed, 100 ms of silence before it (the first syllable survives the start of the stream),
levelled to −19 dBFS, peaks rounded off below −1 dBFS.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
import py_nanotts

RATE = 16_000  # Hz, of the voice
LEVEL_DBFS = -19.0  # RMS of the speech, its pauses left out
LONGEST_S = 20  # of one sentence: figures in a name can be endless
PEAK = 10 ** (-1 / 20)
LEAD_S = 0.100
TAIL_S = 0.060
VOLUME = 0.8  # above it the voice itself clips

Samples = npt.NDArray[np.float64]


def synthesise(text: str, voice: str) -> Samples:
    """The raw voice at 16 kHz, −1…1."""
    pcm = py_nanotts.NanoTTS().speak(text, voice=voice, volume=VOLUME)
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64) / 32768


def finish(samples: Samples) -> Samples:
    """Trimmed, levelled, limited, with silence before and after."""
    samples = samples[: LONGEST_S * RATE]
    heard = np.flatnonzero(np.abs(samples) > 0.005)
    if heard.size:
        margin = RATE // 50
        samples = samples[max(0, heard[0] - margin) : heard[-1] + margin]
        samples = limited(samples * (10 ** (LEVEL_DBFS / 20) / _loudness(samples)))
    return np.concatenate([np.zeros(int(LEAD_S * RATE)), samples, np.zeros(int(TAIL_S * RATE))])


def _loudness(samples: Samples) -> float:
    """RMS of the 20 ms frames that are louder than a twentieth of the loudest."""
    frame = RATE // 50
    whole = np.pad(samples, (0, -len(samples) % frame)).reshape(-1, frame)
    power = (whole**2).mean(axis=1)
    return float(np.sqrt(power[power > power.max() / 400].mean()))


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


#: Low pass at 3.6 kHz for halving the rate: 95 taps, about −60 dB at 4.4 kHz.
_TAPS = np.sinc(2 * 3600 / RATE * (np.arange(95) - 47)) * np.blackman(95)
_TAPS /= _TAPS.sum()


def to_8k(samples: Samples) -> Samples:
    """Half the rate, for the telephone."""
    return np.convolve(samples, _TAPS, mode="same")[::2]


def to_int16(samples: Samples) -> npt.NDArray[np.int16]:
    """16 bits, little-endian."""
    return np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2")


def to_alaw(samples: Samples) -> bytes:
    """ITU-T G.711 A-law."""
    pcm = to_int16(samples).astype(np.int32)
    sign = np.where(pcm >= 0, 0x80, 0)
    size = np.minimum(np.where(pcm >= 0, pcm, -pcm - 1) >> 3, 4095)  # 12 bits
    exponent = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(np.int32) - 4, 0)
    mantissa = np.where(exponent > 1, size >> np.maximum(exponent, 1), size >> 1) & 0x0F
    exponent = np.where(size < 32, 0, exponent)
    return bytes(((sign | (exponent << 4) | mantissa) ^ 0x55).astype(np.uint8))


def write(stem: Path, samples: Samples) -> None:
    """The file, complete or absent."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    part = stem.with_name(f".{stem.name}.{os.getpid()}")
    part.write_bytes(to_alaw(to_8k(samples)))
    part.replace(stem.with_name(f"{stem.name}.alaw"))


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """Carries out ``{"text" or "studio": …, "voice": …, "stem": …}``."""
    try:
        if order.get("studio"):
            samples = studio(Path(order["studio"]))
        else:
            samples = synthesise(order["text"], order["voice"])
        write(Path(order["stem"]), finish(samples))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"seconds": round(len(samples) / RATE, 3)}


def studio(path: Path) -> Samples:
    """A recording that somebody made for a prompt: any WAV or FLAC, at any rate."""
    import soundfile  # noqa: PLC0415 (60 ms that the voice doesn't need)

    samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    mono: Samples = samples.mean(axis=1)
    wanted = np.arange(0, len(mono), rate / RATE)
    return np.asarray(np.interp(wanted, np.arange(len(mono)), mono), dtype=np.float64)


def main(orders: TextIO, answers: TextIO) -> None:
    """Serves until the end of ``orders``, behind whatever makes phones ring."""
    os.nice(10)
    for line in orders:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
