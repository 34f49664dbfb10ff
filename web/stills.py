"""Stills of declared cameras, for the API and the pages."""

from __future__ import annotations

from fastapi.responses import FileResponse

from callflow.storage import outbox
from web import kept_files
from web.problems import not_found
from web.station import Station


async def answer(station: Station, image_id: str) -> FileResponse:
    """The picture as the camera gave it. Raises a problem where there is none."""
    row = await station.store.read(lambda tx: outbox.image(tx, image_id))
    if row is None:
        raise not_found("image")
    path = await kept_files.find(station.settings.images_dir, row["path"], row["problem"])
    return kept_files.answer(path)
