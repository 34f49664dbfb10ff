"""Backups of the station, and the release of one that was made from a backup."""

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from callflow.handling.base.policy import load_policy
from callflow.handling.station import restored
from callflow.storage import Tx
from callflow.storage.watch import backups
from web.access.sessions import Administrator, Visitor
from web.kit.refusals import Wrong, tried
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_ADDRESS = "/settings/backup"


@router.get(_ADDRESS)
async def show(visitor: Administrator, station: Here) -> Response:
    """Whether it is held; the last backups and drills."""
    return await _page(station, visitor)


@router.post(f"{_ADDRESS}/release")
async def release(visitor: Administrator, station: Here) -> Response:
    """It acts from now on."""
    now = station.clock()
    done = await tried(station, lambda tx: restored.release(tx, visitor.name, now))
    if isinstance(done, restored.Released):
        return RedirectResponse(f"{_ADDRESS}?saved=released", 303)
    return await _page(station, visitor, done)


async def _page(station: Station, visitor: Visitor, wrong: Wrong | None = None) -> Response:
    own = station.settings
    timer = {"folder": own.backup_folder, "at": own.backup_at, "keep": own.backup_keep}
    return await setting(station, visitor, "backup", _read, wrong, timer=timer)


def _read(tx: Tx) -> dict[str, object]:
    return {"restored": load_policy(tx).restored, "runs": backups.newest(tx)}
