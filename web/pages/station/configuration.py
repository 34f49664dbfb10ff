"""Everything that is set up, as text files: the administrator's."""

from __future__ import annotations

from typing import Annotated
from zipfile import ZipFile

from fastapi import APIRouter, Depends, Response

from callflow.handling.station import configuration
from web.access.sessions import Visitor, allowed
from web.access.users import Right
from web.kit import zips
from web.pages.station.settings_views import setting
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)

Here = Annotated[Station, Depends(station_of)]
Administrator = Annotated[Visitor, Depends(allowed(Right.ADMINISTER))]


@router.get("/settings/configuration")
async def show(visitor: Administrator, station: Here) -> Response:
    """What the files hold."""
    return await setting(station, visitor, "configuration")


@router.post("/settings/configuration")
async def download(visitor: Administrator, station: Here) -> Response:
    """The files, in one."""
    files = await station.store.read(lambda tx: list(configuration.configuration(tx)))
    now = station.clock()
    await station.store.write(lambda tx: configuration.taken(tx, visitor.name, now))

    def fill(zipped: ZipFile) -> None:
        for name, text in files:
            zipped.writestr(name, text)

    return await zips.answer("callflow-configuration.zip", fill)
