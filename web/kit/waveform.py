"""The picture of a recording: loudness over time, one side up, the other down."""

import functools
import itertools
from pathlib import Path

import numpy as np
import soundfile

#: Bars in the picture, and half its height, in units of the drawing.
_BARS, _HALF = 240, 30


class NotASound(Exception):
    """The file holds nothing that can be drawn."""


@functools.lru_cache(maxsize=200)
def draw(path: Path, changed: int) -> str:
    """The picture of a file's sound, as SVG; its first side up, its last down.

    ``changed`` is when it was, in ns: another file in its place is drawn anew. Raises NotASound,
    OSError.
    """
    try:
        samples, _rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise NotASound(str(error)) from error
    if len(samples) == 0:
        raise NotASound("empty")
    upper = _peaks(np.abs(samples[:, 0]))
    lower = _peaks(np.abs(samples[:, -1]))
    bars = [
        f'<path class="{side}" d="{_path(heights, sign)}"/>'
        for side, heights, sign in (("up", upper, -1), ("down", lower, 1))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_BARS} {2 * _HALF}" '
        'preserveAspectRatio="none"><g stroke-width="0.7" fill="none">'
        f'<g stroke="#8fb7d9">{bars[0]}</g><g stroke="#7fa58d">{bars[1]}</g></g></svg>'
    )


def _peaks(side: np.ndarray) -> list[float]:
    """The loudest of each stretch, 0 to 1, on a scale that shows speech on a phone."""
    edges = np.linspace(0, len(side), _BARS + 1).astype(int)
    loudest = [float(side[a:b].max()) if b > a else 0.0 for a, b in itertools.pairwise(edges)]
    return [min(1.0, peak * 1.6) ** 0.6 for peak in loudest]


def _path(heights: list[float], sign: int) -> str:
    return "".join(
        f"M{x + 0.5:g} {_HALF}v{sign * max(0.4, height * (_HALF - 1)):.1f}"
        for x, height in enumerate(heights)
    )
