"""Clients and their sites (D1): a client with two hundred branches is one client."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.base.refusals import NotFound
from callflow.handling.sites import clients
from callflow.storage import Tx
from callflow.storage.sites import search, sites
from web.access.sessions import Configurer, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import conflicts, forms, refusals
from web.kit.listing import Asked, Listed
from web.kit.problems import not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


@router.get("/clients")
async def show_all(visitor: Reader, station: Here, asked: Listed) -> Response:
    """A page of the clients."""
    asked = asked.among(search.CLIENT_SORTS)

    def read(tx: Tx) -> dict[str, object]:
        rows, count = search.clients(tx, asked.page)
        return {**frame(tx, station, visitor, "sites"), "found": rows, "count": count}

    values = {**await station.store.read(read), "asked": asked}
    return page(visitor.language, "sites/clients.html", values)


@router.get("/clients/{client_id}")
async def show(client_id: str, visitor: Reader, station: Here, asked: Listed) -> Response:
    """A client's sites."""
    return await _client(station, visitor, client_id, asked)


@router.post("/clients/{client_id}")
async def rename(client_id: str, request: Request, visitor: Configurer, station: Here) -> Response:
    """Another name, at each of its sites."""
    form, now = await forms.sent(request), station.clock()
    after: list[str] = []

    def run(tx: Tx) -> None:
        conflicts.unchanged(form, _is(tx, client_id))
        name = forms.line(form, "name")
        after.append(clients.rename(tx, client_id, name, visitor.name, now))

    wrong = await tried(station, run)
    if isinstance(wrong, NotFound):
        raise not_found("client")
    if wrong is not None:
        return await _client(station, visitor, client_id, Asked(), wrong=wrong, typed=form)
    return RedirectResponse(f"/clients/{quote(after[-1], safe='')}?saved=client", 303)


def _is(tx: Tx, client_id: str) -> bool:
    """True where any site is still this client's: one of another name is another."""
    return sites.has_sites(tx, client_id)


async def _client(
    station: Station,
    visitor: Visitor,
    client_id: str,
    asked: Asked,
    *,
    wrong: Wrong | None = None,
    typed: forms.Form | None = None,
) -> Response:
    asked = asked.among(search.SORTS)

    def read(tx: Tx) -> dict[str, object]:
        client = sites.client(tx, client_id)
        if client is None:
            raise not_found("client")
        rows, count = search.listed(tx, asked.page, client_id=client_id)
        return {
            **frame(tx, station, visitor, "sites"),
            "client": client,
            "as_of": conflicts.stamp(_is(tx, client_id)),
            "found": rows,
            "count": count,
        }

    values = {
        **await station.store.read(read),
        "asked": asked,
        "may_configure": Right.CONFIGURE in visitor.rights,
        "may_administer": Right.ADMINISTER in visitor.rights,
        **refusals.said(wrong, visitor.language),
        "typed": typed or {},
    }
    return page(visitor.language, "sites/client.html", values, refusals.status_of(wrong))
