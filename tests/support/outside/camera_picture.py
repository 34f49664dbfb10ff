"""What a camera at night sees: a shop's back room, a door that stands open, and somebody in it."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 640, 360
Grey = npt.NDArray[np.float64]


async def jpeg(at: float) -> bytes:
    """Somebody ``at`` 0 (in the door) to 1 (at the shelf), as a JPEG made by ffmpeg."""
    shape = ("-f", "rawvideo", "-pixel_format", "gray", "-video_size", f"{WIDTH}x{HEIGHT}")
    made = ("-i", "pipe:0", "-frames:v", "1", "-q:v", "4", "-f", "mjpeg", "pipe:1")
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-loglevel", "error", *shape, *made, stdin=PIPE, stdout=PIPE
    )
    picture, _ = await process.communicate(_scene(at).tobytes())
    assert process.returncode == 0
    return picture


def _scene(at: float) -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    light = 46 - 14 * np.hypot(x - 250, y - 170) / 300  # the camera's own infrared
    light[y > 250 + 0.02 * x] += 16  # the floor
    _box(light, 70, 60, 175, 262, 8)  # the door, open on the night
    _box(light, 62, 52, 70, 262, 78)
    _box(light, 175, 52, 183, 262, 78)
    _box(light, 62, 48, 183, 56, 78)
    for shelf in (120, 172, 224, 276):
        _box(light, 430, shelf, 620, shelf + 7, 84)
        for place in range(7):
            _box(light, 438 + 26 * place, shelf - 30 + 5 * (place % 3), 456 + 26 * place, shelf, 62)
    _somebody(light, x, y, 135 + 240 * at, 250 + 14 * at)
    grain = np.random.default_rng(7).normal(0, 5, light.shape)
    rows = 4 * (y % 2)
    picture: npt.NDArray[np.uint8] = np.clip(light * 1.5 + grain + rows, 0, 255).astype(np.uint8)
    return picture


def _box(light: Grey, left: int, top: int, right: int, bottom: int, grey: float) -> None:
    light[top:bottom, left:right] = grey


def _somebody(light: Grey, x: Grey, y: Grey, at: float, feet: float) -> None:
    """Pale, as infrared shows a person; a bag on the shoulder, a cap."""
    parts = (
        (at, feet - 166, 17, 20),  # the head
        (at - 2, feet - 112, 30, 44),  # the body
        (at - 33, feet - 108, 11, 38),  # the arms
        (at + 33, feet - 118, 11, 34),
        (at - 14, feet - 38, 13, 44),  # the legs
        (at + 15, feet - 38, 13, 44),
    )
    for left, top, wide, high in parts:
        light[((x - left) / wide) ** 2 + ((y - top) / high) ** 2 < 1] = 116
    light[((x - at) / 18) ** 2 + ((y - feet + 176) / 10) ** 2 < 1] = 20
    light[((x - at - 40) / 17) ** 2 + ((y - feet + 92) / 26) ** 2 < 1] = 30
