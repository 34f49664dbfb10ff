"""Stills and clips of declared cameras, for the API and the pages. Who looks at one is told."""

from pathlib import Path

from fastapi.responses import FileResponse

from callflow.core.messages.outbox import Image
from callflow.handling.records import playbacks, visits
from callflow.storage.messages import outbox
from web.access import confidential
from web.kit import files
from web.kit.problems import not_found
from web.station import Station


async def opened(station: Station, image_id: str, who: str) -> FileResponse:
    """A still or a clip as the camera gave it, which ``who`` opens by itself. Raises a problem
    where there is none."""
    image, path = await _find(station, image_id)
    await _tell(station, image, who)
    return files.answer(path)


async def among(station: Station, incident_id: str, image_id: str, who: str) -> FileResponse:
    """One of the stills of an incident that ``who`` sees together. Raises a problem where there is
    none."""
    image, path = await _find(station, image_id)
    if image.incident_id != incident_id:
        raise not_found("image")
    now = station.clock()
    if playbacks.kind_of(image) == playbacks.CLIP:
        await _tell(station, image, who)
    else:
        await confidential.once(
            station,
            lambda tx: visits.is_seeing_images(tx, incident_id, who, now),
            lambda tx: visits.images_seen(tx, incident_id, who, now),
        )
    return files.answer(path)


async def _find(station: Station, image_id: str) -> tuple[Image, Path]:
    image = await station.store.read(lambda tx: outbox.image(tx, image_id))
    if image is None:
        raise not_found("image")
    path = await files.find(station.settings.images_dir, image.path, image.problem)
    return image, path


async def _tell(station: Station, image: Image, who: str) -> None:
    kind, now = playbacks.kind_of(image), station.clock()
    await confidential.once(
        station,
        lambda tx: playbacks.is_played(tx, kind, image.id, who, now),
        lambda tx: playbacks.image_opened(tx, image, who, now),
    )
