"""``GET images/{id}``: a still that a declared camera gave."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse

from web import stills
from web.accounts import Right
from web.bearer import Caller, allowed
from web.problems import NOT_FOUND, RESPONSES
from web.station import Station, station_of

router = APIRouter(tags=["images"], responses={**RESPONSES, **NOT_FOUND})


@router.get(
    "/images/{image_id}",
    response_class=FileResponse,
    responses={
        200: {"content": {"image/jpeg": {}, "image/png": {}}, "description": "The still"},
        206: {"content": {"image/jpeg": {}, "image/png": {}}, "description": "The range asked for"},
        416: {"description": "No such range"},
    },
)
async def get_image(
    image_id: str,
    caller: Annotated[Caller, Depends(allowed(Right.READ))],
    station: Annotated[Station, Depends(station_of)],
) -> FileResponse:
    """The picture as the camera gave it."""
    return await stills.answer(station, image_id)
