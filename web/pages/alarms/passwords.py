"""Spoken passwords (D14): what was heard is judged, a look at one is logged."""

from fastapi import APIRouter, Request, Response

from callflow.handling.sites import passwords
from callflow.storage import Tx
from web.access.sessions import Handler
from web.kit import forms
from web.pages.alarms.incident import PasswordShown, answer
from web.station import Here

router = APIRouter(include_in_schema=False)


@router.post("/incidents/{incident_id}/password")
async def heard(incident_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Judges what was typed; the incident's page says the result, from the logbook."""
    form = await forms.sent(request)
    now = station.clock()

    def judge(tx: Tx) -> object:
        return passwords.password_heard(
            tx,
            station.vault,
            incident_id,
            visitor.name,
            forms.line(form, "contact"),
            forms.line(form, "heard"),
            now,
        )

    return await answer(request, station, visitor, incident_id, judge)


@router.post("/incidents/{incident_id}/reveal-password")
async def reveal(incident_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Shows a password once, in this answer only."""
    form = await forms.sent(request)
    now, contact = station.clock(), forms.line(form, "contact")

    def look(tx: Tx) -> object:
        clear = passwords.reveal_password(
            tx, station.vault, incident_id, visitor.name, contact, forms.line(form, "reason"), now
        )
        return PasswordShown(contact, clear)

    return await answer(request, station, visitor, incident_id, look)
