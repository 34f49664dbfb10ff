"""A line of what is still open at an alarm, signed with a reason."""

from fastapi import APIRouter, Request, Response

from callflow.core.alarms.filing import What
from callflow.handling.alarms.ends import signing
from callflow.storage import Tx
from web.access.sessions import Handler
from web.access.users import Right
from web.kit import forms
from web.pages.alarms.incident import answer
from web.station import Here

router = APIRouter(include_in_schema=False)


@router.post("/incidents/{incident_id}/sign-end")
async def sign(incident_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Ends a line with a reason, or asks a second person to; says so where it takes one."""
    form = await forms.sent(request)
    what, now = forms.one_of(What, form, "what"), station.clock()

    def signs(tx: Tx) -> object:
        return signing.sign(
            tx,
            incident_id,
            visitor.name,
            what,
            forms.line(form, "key"),
            forms.text(form),
            now,
            supervises=Right.SUPERVISE in visitor.rights,
        )

    return await answer(request, station, visitor, incident_id, signs)
