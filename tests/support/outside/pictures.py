"""Pictures as somebody sends them."""

from __future__ import annotations

import io

from PIL import Image


def a_picture(size: tuple[int, int] = (4, 2), kind: str = "PNG", *, turned: bool = False) -> bytes:
    """A white one; ``turned``: the camera was held upright, and says so, and where it was."""
    made, said = io.BytesIO(), Image.Exif()
    if turned:
        said[0x0112] = 6  # orientation
        said[0x8825] = {1: "N", 2: (48.0, 6.0, 41.0)}  # GPS
    Image.new("RGB", size, "white").save(made, kind, exif=said)
    return made.getvalue()
