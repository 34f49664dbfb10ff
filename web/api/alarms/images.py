"""``GET images/{id}``: a still or a clip."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse

from web.access.bearer import Reader
from web.kit.problems import NOT_FOUND, RESPONSES
from web.pages.alarms import stills
from web.station import Here

#: What is kept.
_TYPES: dict[str, Any] = {"image/jpeg": {}, "image/png": {}, "video/mp4": {}}

router = APIRouter(tags=["images"], responses={**RESPONSES, **NOT_FOUND})


@router.get(
    "/images/{image_id}",
    response_class=FileResponse,
    responses={
        200: {"content": _TYPES, "description": "The still, or the clip"},
        206: {"content": _TYPES, "description": "The range asked for"},
        416: {"description": "No such range"},
    },
)
async def get_image(
    image_id: str,
    caller: Reader,
    station: Here,
) -> FileResponse:
    """The picture as the camera gave it."""
    return await stills.opened(station, image_id, caller.name)
