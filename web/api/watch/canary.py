"""The stream of the consoles as the canary hears it: that something is told, never what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from callflow.core.watch.canary import ticket
from web.kit.problems import ProblemError
from web.station import Here

heard = APIRouter(include_in_schema=False)
_scheme = HTTPBearer(auto_error=False)
Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]


@heard.get("/events/canary")
async def pulse(request: Request, shown: Shown, station: Here) -> Response:
    """For who shows a ticket of this minute or the last, which no role and no person has."""
    now, vault = station.clock(), station.vault
    sealed = shown.credentials if shown else ""
    if not any(vault.vouches(ticket(now, ago), sealed) for ago in (0, 1)):
        raise ProblemError(401, "the canary's own ticket is needed")
    app = request.app
    return StreamingResponse(
        app.state.hub.stream("", app.state.closing, deaf=True),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
