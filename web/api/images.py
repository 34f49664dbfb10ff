"""``GET images/{id}``: a still that a declared camera gave."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse

from callflow.storage import outbox
from web import kept_files
from web.accounts import Right
from web.bearer import Caller, allowed
from web.problems import NOT_FOUND, RESPONSES, not_found
from web.station import Station, station_of

router = APIRouter(tags=["images"], responses={**RESPONSES, **NOT_FOUND})


@router.get(
    "/images/{image_id}",
    response_class=FileResponse,
    responses={
        200: {"content": {"image/jpeg": {}, "image/png": {}}, "description": "The still"},
        206: {"content": {"image/jpeg": {}, "image/png": {}}, "description": "Its range"},
        416: {"description": "No such range"},
    },
)
async def get_image(
    image_id: str,
    caller: Annotated[Caller, Depends(allowed(Right.READ))],
    station: Annotated[Station, Depends(station_of)],
) -> FileResponse:
    """The picture as the camera gave it."""
    row = await station.store.read(lambda tx: outbox.image(tx, image_id))
    if row is None:
        raise not_found("image")
    path = await kept_files.find(station.settings.images_dir, row["path"], row["problem"])
    return kept_files.answer(path)
