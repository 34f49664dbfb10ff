"""The music of the waiting line: four soft chords, made here so that nobody's rights are in it."""

from __future__ import annotations  # 3.11 has no array.array[int]

import array
import math
import sys
from pathlib import Path

RATE = 8000
_CHORDS = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))
_NOTE_S = 0.5


def hold_music(path: Path) -> None:
    """Writes 24 s of music as signed linear 16 bit, 8 kHz, unless it is there already."""
    if path.exists():
        return
    samples = array.array("h")
    for chord in _CHORDS:
        bar = [_note(chord[step]) for step in (0, 1, 2, 1)]
        for note in bar * 3:
            samples.extend(note)
    if sys.byteorder == "big":
        samples.byteswap()
    fresh = path.with_suffix(".new")
    fresh.write_bytes(samples.tobytes())
    fresh.replace(path)


def _note(hertz: int) -> array.array[int]:
    """A plucked note that fades before the next one."""
    count = int(RATE * _NOTE_S)
    return array.array(
        "h",
        (
            int(
                3500
                * math.sin(math.pi * min(i / 200, 1) / 2)
                * (1 - i / count)
                * math.sin(2 * math.pi * hertz * i / RATE)
            )
            for i in range(count)
        ),
    )
