"""Where I stand, and who else is at the desks; who waits on the line, live."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from callflow.core.desks.presence import BreakReason, Presence
from callflow.handling.base import refusals
from callflow.handling.desks import presence
from callflow.storage import Tx
from web.access.sessions import Handler, Reader, Visitor
from web.access.views import frame
from web.kit import forms
from web.kit.refusals import refusal, status_of
from web.kit.rendering import page
from web.pages.desks import desk_views
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_Text = Annotated[str, Form(max_length=40)]


@router.get("/presence")
async def show(visitor: Handler, station: Here) -> Response:
    """My presence: a page of its own, and the part of the others' header."""
    return await _mine(station, visitor)


async def _mine(
    station: Station, visitor: Visitor, refused: refusals.Refused | None = None
) -> Response:
    def read(tx: Tx) -> dict[str, Any]:
        mine = desk_views.mine(tx, visitor.name, station.clock())
        return {**frame(tx, station, visitor, "presence"), "mine": mine}

    values = {
        **await station.store.read(read),
        "refused": refusal(refused, visitor.language),
        "reasons": list(BreakReason),
    }
    status = status_of(refused)
    return page(visitor.language, "desks/presence.html", values, status)


@router.post("/presence")
async def choose(
    visitor: Handler, station: Here, state: _Text = "", reason: _Text = ""
) -> Response:
    """Available, or on a break with its reason."""
    form = {"state": state, "reason": reason}
    chosen = forms.one_of(Presence, form, "state")
    why = forms.one_of(BreakReason, form, "reason") if chosen is Presence.BREAK else None
    now = station.clock()
    try:
        await station.store.write(lambda tx: presence.choose(tx, visitor.name, chosen, why, now))
    except refusals.Refused as refused:
        return await _mine(station, visitor, refused)
    return RedirectResponse("/presence", 303)


@router.get("/desk")
async def desk(visitor: Reader, station: Here) -> Response:
    """Who is on shift, available, in a call, on a break; and who waits on the line."""
    now = station.clock()

    def read(tx: Tx) -> dict[str, Any]:
        there = desk_views.people(tx, now)
        return {
            **frame(tx, station, visitor, "desk"),
            "people": there,
            "queue": desk_views.queue(tx, there),
            "to_call_back": len(desk_views.to_call_back(tx)),
        }

    return page(visitor.language, "desks/desk.html", await station.store.read(read))
