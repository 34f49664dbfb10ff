"""Pictures from outside, written anew: smaller, upright, without what is said beside them."""

import io

from PIL import Image, ImageOps

#: Pixels of a picture that is looked at.
PIXELS = 40_000_000


class NoPicture(ValueError):
    """It is no JPEG or PNG, is cut, or has too many pixels."""


def picture(content: bytes, side: int) -> bytes:
    """A JPEG of it in RGB (PDF/A): its longer side no longer than ``side`` pixels, upright, without
    what its camera says beside it, such as where it was. Raises NoPicture."""
    try:
        return _written_anew(content, side)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as wrong:
        raise NoPicture(str(wrong)) from wrong


def _written_anew(content: bytes, side: int) -> bytes:
    Image.MAX_IMAGE_PIXELS = PIXELS // 2  # Pillow raises at twice as many
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as given:
        given.draft("RGB", (side, side))
        given.thumbnail((side, side))
        upright = ImageOps.exif_transpose(given)
        made = io.BytesIO()
        if upright.mode in ("RGBA", "LA", "P", "PA"):
            seen = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
        upright.convert("RGB").save(made, "JPEG", quality=85)
    return made.getvalue()


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height in pixels of what ``picture`` wrote."""
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as given:
        return given.size
