"""The station's settings: where each one stands, and what each role may do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from web.accounts import RIGHTS, Right, Role
from web.auth import Visitor, allowed, remember_language
from web.settings_views import setting
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)


@router.get("/settings")
async def show(
    request: Request,
    visitor: Annotated[Visitor, Depends(allowed(Right.ADMINISTER))],
    station: Annotated[Station, Depends(station_of)],
) -> Response:
    """The pages of settings, and each role's rights."""
    answer = await setting(
        station, visitor, "roles", roles=tuple(Role), rights=tuple(Right), may=RIGHTS
    )
    remember_language(request, answer)
    return answer
