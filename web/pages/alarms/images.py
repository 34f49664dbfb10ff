"""A still or a clip as the pages show it: opened by itself, or among those of its incident."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from web.access.sessions import Reader
from web.pages.alarms import stills
from web.station import Here

router = APIRouter(include_in_schema=False)


@router.get("/images/{image_id}")
async def show(image_id: str, visitor: Reader, station: Here) -> FileResponse:
    """The picture, or the clip; a player asks for ranges."""
    return await stills.opened(station, image_id, visitor.name)


@router.get("/incidents/{incident_id}/images/{image_id}")
async def show_among(
    incident_id: str, image_id: str, visitor: Reader, station: Here
) -> FileResponse:
    """The picture, small on a page: a page of them is one look."""
    return await stills.among(station, incident_id, image_id, visitor.name)
