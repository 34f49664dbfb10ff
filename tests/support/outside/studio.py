"""What a studio gives."""

from __future__ import annotations

import io

import numpy as np
import soundfile


def recording(hertz: float, rate: int = 44_100, kind: str = "WAV") -> bytes:
    """A second of a tone in stereo."""
    tone = 0.05 * np.sin(2 * np.pi * hertz * np.arange(rate) / rate)
    file = io.BytesIO()
    soundfile.write(file, np.column_stack([tone, tone]), rate, format=kind)
    return file.getvalue()
