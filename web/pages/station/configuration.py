"""Everything that is set up, as text files: the administrator's."""

from zipfile import ZipFile

from fastapi import APIRouter, Response

from callflow.handling.station import configuration
from web.access.sessions import Administrator
from web.kit import zips
from web.pages.station.settings_views import setting
from web.station import Here

router = APIRouter(include_in_schema=False)


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
