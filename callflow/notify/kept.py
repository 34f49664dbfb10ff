"""Images of cameras and links on the disk: whole or not at all, whenever power fails."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from callflow import digest
from callflow.core.messages.outbox import Fault, Image, Message, Still, Take, Undelivered

#: How a picture begins → how its file ends. What a far end says of its type is not believed.
_BEGINNINGS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG\r\n\x1a\n": ".png"}


def picture_ending(content: bytes) -> str | None:
    """How a picture's file ends; None: it is none."""
    for beginning, ending in _BEGINNINGS.items():
        if content.startswith(beginning):
            return ending
    return None


def keep(folder: Path, message: Message, content: bytes, ending: str) -> Still:
    """Write it into the images folder. Raises Undelivered."""
    path = f"{message.incident_id}/{message.id}{ending}"
    try:
        _write(folder / path, content)
    except OSError as error:
        raise Undelivered(Fault.DISK, error.strerror or "") from None
    take = Take.CLIP if ending == ".mp4" else Take.STILL
    return Still(path=path, sha256=hashlib.sha256(content).hexdigest(), take=take)


def wrong_images(
    folder: Path, images: Sequence[Image], told: Mapping[str, str], *, all_here: bool
) -> list[str]:
    """Faults of the kept files, against their rows and what the logbook tells of them.

    ``all_here``: none of them is another machine's, so that one which is missing is a fault.
    """
    by_id = {image.id: image for image in images}
    faults = []
    for image_id, sha256 in told.items():
        image = by_id.get(image_id)
        path = folder / image.path if image else None
        if image is None or image.sha256 != sha256:
            faults.append(f"image {image_id}: not the one the logbook tells of")
        elif path is None or not path.is_file():
            if all_here:
                faults.append(f"image {image_id}: the file is missing")
        elif digest.of_file(path) != sha256:
            faults.append(f"image {image_id}: the file was changed ({path.name})")
    return faults


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".part")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
