"""A recording as the page plays it, and its picture."""

from __future__ import annotations

import asyncio
import functools
import itertools
from pathlib import Path
from typing import Annotated

import numpy as np
import soundfile
from fastapi import APIRouter, Depends, Response
from fastapi.responses import FileResponse

from web import recordings
from web.accounts import Right
from web.auth import Visitor, allowed
from web.problems import ProblemError
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)

Here = Annotated[Station, Depends(station_of)]
Reader = Annotated[Visitor, Depends(allowed(Right.READ))]
#: Bars in the picture, and its height in units of the drawing.
_BARS, _HALF = 240, 30


@router.get("/recordings/{call_id}")
async def play(call_id: str, visitor: Reader, station: Here) -> FileResponse:
    """The sound; the player asks for ranges."""
    return await recordings.call(station, call_id, visitor.name)


@router.get("/recordings/spoken/{name}")
async def play_spoken(name: str, visitor: Reader, station: Here) -> FileResponse:
    """What somebody said after a tone."""
    return await recordings.after_tone(station, name, visitor.name)


@router.get("/recordings/{call_id}/waveform.svg")
async def waveform(call_id: str, visitor: Reader, station: Here) -> Response:
    """Loudness over time: one side up, the other down."""
    path = await recordings.find(station, call_id)
    try:
        drawn = await asyncio.to_thread(_draw, path, path.stat().st_mtime_ns)
    except (soundfile.SoundFileError, OSError):
        raise ProblemError(404, "this recording can't be drawn") from None
    headers = {"Cache-Control": "no-store"}
    return Response(drawn, media_type="image/svg+xml", headers=headers)


@functools.lru_cache(maxsize=200)
def _draw(path: Path, _changed: int) -> str:
    samples, _rate = soundfile.read(path, dtype="float32", always_2d=True)
    if len(samples) == 0:
        raise soundfile.SoundFileError("empty")
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
