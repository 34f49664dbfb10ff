"""What is kept of a client, given out; a client whose contracts are over, erased: the
administrator's (GDPR, art. 15 and 17)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.sites.declared import Client
from callflow.handling.records import erasure
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.records import erasure as rows
from callflow.storage.sites import clients, search, sites
from web.access.sessions import Administrator, Visitor
from web.kit import forms
from web.kit.problems import not_found
from web.kit.refusals import Wrong, tried
from web.pages.people import personal_data
from web.pages.station.settings_views import setting
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


@router.get("/clients/{client_id}/personal")
async def show(client_id: str, visitor: Administrator, station: Here) -> Response:
    """What there is, and what can be done."""
    return await _page(station, visitor, client_id)


async def _page(
    station: Station, visitor: Visitor, client_id: str, wrong: Wrong | None = None, reason: str = ""
) -> Response:
    def read(tx: Tx) -> dict[str, Any]:
        client = _known(tx, client_id)
        theirs = search.sites_of(tx, client_id)
        ids = [site.id for site in theirs]
        spoken = clients.calls_of(tx, ids)
        return {
            "client": client,
            "theirs": theirs,
            "people": len(clients.only_called_at(tx, ids)),
            "calls": len(spoken),
            "recordings": len(calls.recordings(tx, spoken)),
        }

    return await setting(station, visitor, "personal", read, wrong, one="client", reason=reason)


def _known(tx: Tx, client_id: str) -> Client:
    client = sites.client(tx, client_id)
    if client is None:
        raise not_found("client")
    return client


@router.post("/clients/{client_id}/personal/export")
async def export(client_id: str, visitor: Administrator, station: Here) -> Response:
    """All rows that are the client's, and the sounds and images that this node has."""

    def read(tx: Tx) -> tuple[dict[str, list[Any]], list[str], list[str]]:
        _known(tx, client_id)
        found: dict[str, list[Any]] = {}
        for table, row in erasure.what_is_kept_of_client(tx, client_id):
            found.setdefault(table, []).append(row)
        ids = [site.id for site in search.sites_of(tx, client_id)]
        return found, rows.sounds_of(tx, clients.calls_of(tx, ids)), clients.images_of(tx, ids)

    found, sounds, images = await station.store.read(read)
    now, count = station.clock(), sum(map(len, found.values()))
    await station.store.write(lambda tx: erasure.given_out(tx, client_id, count, visitor.name, now))
    settings = station.settings
    files = (settings.recordings_dir, sounds), (settings.images_dir, images)
    return await personal_data.given("client-data.zip", found, files)


@router.post("/clients/{client_id}/personal/erase")
async def erase(
    client_id: str, request: Request, visitor: Administrator, station: Here
) -> Response:
    """Erase a client; the name is typed once more, since nothing brings it back."""
    form, now = await forms.sent(request), station.clock()
    reason = forms.line(form, "reason")

    def run(tx: Tx) -> None:
        personal_data.check_name(forms.line(form, "name"), _known(tx, client_id).name)
        erasure.begin_client_erasure(tx, station.vault, client_id, reason, visitor.name, now)

    wrong = await tried(station, run)
    if wrong is not None:
        return await _page(station, visitor, client_id, wrong, reason)
    return RedirectResponse("/personal", 303)
