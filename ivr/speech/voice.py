"""The voice: a process of its own that makes sound files of sentences.

py-nanotts holds the interpreter's lock for 10 to 30 ms a sentence and is C that reads text from
outside, so it runs neither in the telephony process's threads nor in its memory. This file is run
as a script, imports only ``callflow.core.calls.sound`` of ours, and ends when its standard input
does: nobody has to stop it. One JSON line in, one JSON line out.

Each sentence becomes ``STEM.alaw`` (what the trunk speaks, so that playing costs no transcoding).
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import py_nanotts

from callflow.core.calls import sound
from callflow.core.calls.sound import Samples

RATE = 16_000  # Hz, of the voice
VOLUME = 0.8  # above it the voice itself clips


def synthesise(text: str, voice: str) -> Samples:
    """The raw voice at 16 kHz, −1…1."""
    pcm = py_nanotts.NanoTTS().speak(text, voice=voice, volume=VOLUME)
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64) / 32768


def write(stem: Path, samples: Samples) -> None:
    """The file, complete or absent."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    part = stem.with_name(f".{stem.name}.{os.getpid()}")
    part.write_bytes(sound.to_alaw(samples))
    part.replace(stem.with_name(f"{stem.name}.alaw"))


def answer(order: dict[str, Any]) -> dict[str, Any]:
    """Carries out ``{"text": …, "voice": …, "stem": …}``."""
    try:
        samples = sound.finish(synthesise(order["text"], order["voice"]), RATE)
        write(Path(order["stem"]), samples)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"seconds": round(len(samples) / sound.RATE, 3)}


def main(orders: TextIO, answers: TextIO) -> None:
    """Serves until the end of ``orders``, behind whatever makes phones ring."""
    os.nice(5)
    for line in orders:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
