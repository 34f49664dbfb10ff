"""``sites/{id}/drawings``: floor plans and photographs, and where zones are on them."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from callflow.core.sites.drawings import WHOLE, Drawing
from callflow.storage import Tx
from callflow.storage.sites import drawings, sites
from web.access import confidential
from web.access.bearer import Reader
from web.kit.problems import NOT_FOUND, RESPONSES, not_found
from web.station import Here

router = APIRouter(tags=["sites"], responses={**RESPONSES, **NOT_FOUND})

_JPEG: dict[str, Any] = {"image/jpeg": {}}


class PlaceOut(BaseModel):
    """Where a zone is on a picture, from its upper left corner."""

    model_config = ConfigDict(from_attributes=True)

    account: str
    zone: str
    x: int = Field(description=f"From the left, of {WHOLE} for the whole width")
    y: int = Field(description=f"From the top, of {WHOLE} for the whole height")


class DrawingOut(BaseModel):
    """A floor plan or a photograph; its picture has an address of its own."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str
    width: int = Field(description="Pixels")
    height: int = Field(description="Pixels")
    places: list[PlaceOut]
    added_by: str
    added_at: datetime


class DrawingsOut(BaseModel):
    """A site's, the first one first."""

    items: list[DrawingOut]


@router.get("/sites/{site_id}/drawings")
async def list_drawings(site_id: str, caller: Reader, station: Here) -> DrawingsOut:
    """All of a site's, with the places of its zones."""

    def read(tx: Tx) -> list[Drawing]:
        if sites.get(tx, site_id) is None:
            raise not_found("site")
        return drawings.of_site(tx, site_id)

    found = await station.store.read(read)
    return DrawingsOut(items=[DrawingOut.model_validate(one) for one in found])


@router.get(
    "/sites/{site_id}/drawings/{drawing_id}",
    response_class=Response,
    responses={200: {"content": _JPEG, "description": "The picture"}},
)
async def get_drawing(site_id: str, drawing_id: str, caller: Reader, station: Here) -> Response:
    """The picture itself; who sees it is told in the logbook, once a visit."""
    kept = await station.store.read(lambda tx: drawings.picture(tx, site_id, drawing_id))
    if kept is None:
        raise not_found("picture")
    await confidential.site(station, site_id, caller.name)
    content = station.vault.decrypt(kept)
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
