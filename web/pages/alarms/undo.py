"""Undo: the last act that may still be taken back is offered, and taken back."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.handling.alarms import undoing
from callflow.handling.base import refusals
from web.access.sessions import Handler
from web.kit.rendering import page
from web.pages.alarms.incident import respond, shown
from web.station import Here

router = APIRouter(include_in_schema=False)


@router.get("/undo")
async def offer(visitor: Handler, station: Here) -> Response:
    """Offer what the visitor may take back now; nothing where there is nothing."""
    now = station.clock()
    found = await station.store.read(lambda tx: undoing.offered(tx, visitor.name, now))
    return page(visitor.language, "kit/_undo.html", {"undo": found, "visitor": visitor})


@router.post("/undo/{undo_id}")
async def take_back(undo_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Takes an act back and shows its incident; says why not where it is refused."""
    now = station.clock()
    incident = str((await request.form()).get("incident", ""))
    try:
        done = await station.store.write(
            lambda tx: undoing.take_back(tx, undo_id, visitor.name, now)
        )
    except refusals.Refused as refused:
        values = await shown(station, visitor, incident, refused)
        return respond(request, visitor, values, 409)
    return RedirectResponse(f"/incidents/{done}", 303)
