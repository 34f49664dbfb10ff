"""A still as the page shows it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse

from web import stills
from web.accounts import Right
from web.auth import Visitor, allowed
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)


@router.get("/images/{image_id}")
async def show(
    image_id: str,
    visitor: Annotated[Visitor, Depends(allowed(Right.READ))],
    station: Annotated[Station, Depends(station_of)],
) -> FileResponse:
    """The picture."""
    return await stills.answer(station, image_id)
