"""The console: what is unfiled, live; and the stream that keeps it so."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from markupsafe import Markup

from callflow.storage import Tx
from callflow.storage.alarms import incidents
from web.access.sessions import Handler, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import forms, i18n
from web.kit.problems import ProblemError
from web.kit.rendering import page, render
from web.pages.alarms import incident, views
from web.pages.alarms.folds import folds
from web.pages.records import entries
from web.pages.station import demo
from web.screens import NAME
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


@router.get("/")
async def show(request: Request, visitor: Reader, station: Here) -> Response:
    """The console as it is now; the stream goes on from there."""
    now = station.clock()
    playing = station.settings.demo and Right.HANDLE in visitor.rights

    def read(tx: Tx) -> dict[str, Any]:
        lines = views.lines(tx, now)
        return {
            "lines": lines,
            "folds": folds(lines),
            "strip": replace(views.strip(station.look(tx)), more=views.more(tx)),
            "entries": entries.last(tx)[::-1],
            "demo": demo.CHOICES if playing else (),
        }

    values = await station.store.read(read)
    opened = request.query_params.get("incident")
    rung = request.query_params.get("rung", "")
    return page(
        visitor.language,
        "alarms/console.html",
        {
            **values,
            "visitor": visitor,
            "now": now,
            "zone": i18n.STATION_ZONE,
            "rung": rung,
            "shown": await _part(station, visitor, opened) if opened else None,
            "may_act": Right.HANDLE in visitor.rights,
        },
    )


@router.get("/queue")
async def beyond(
    visitor: Reader, station: Here, n: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Response:
    """Every unfiled alarm, page by page: the console shows the first one."""

    def read(tx: Tx) -> dict[str, Any]:
        count = incidents.queue_length(tx)
        return {
            **frame(tx, station, visitor, "queue"),
            "lines": views.lines(tx, station.clock(), n),
            "n": n,
            "count": count,
            "pages": max(1, -(-count // incidents.SHOWN)),
        }

    return page(visitor.language, "alarms/queue.html", await station.store.read(read))


async def _part(station: Station, visitor: Visitor, incident_id: str) -> Markup:
    """The incident that the address names, as the pane shows it; "" where there is none."""
    try:
        values = await incident.shown(station, visitor, incident_id)
    except ProblemError:
        return Markup()
    return Markup(render(visitor.language, incident.PART, values))  # noqa: S704 -- our template's


@router.get("/events")
async def events(request: Request, visitor: Reader) -> Response:
    """The stream: server-sent events with rendered rows."""
    app = request.app
    return StreamingResponse(
        app.state.hub.stream(
            visitor.language,
            app.state.closing,
            user=visitor.name,
            session=visitor.session,
            user_id=visitor.id,
        ),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.post("/beat")
async def beat(request: Request, visitor: Handler) -> Response:
    """A page says that it drew what its stream told last, or that nobody has it in sight."""
    form = await forms.sent(request)
    screen, seen = form.get("screen", ""), form.get("seen", "")
    if not NAME.fullmatch(screen):
        raise ProblemError(422, "this is no page of the console", field="screen")
    hidden = form.get("hidden") == "1"
    request.app.state.hub.drew(screen, visitor.id, visitor.session, seen, hidden=hidden)
    return Response(status_code=204)


@router.post("/demo/alarms/{site_id}")
async def raise_alarm(site_id: str, visitor: Handler, station: Here) -> Response:
    """The demo's button: that site's panel sends its alarm."""
    if not station.settings.demo:
        raise ProblemError(404, "this is no demo")
    acknowledged = await demo.raise_alarm(station, site_id)
    return RedirectResponse("/" if acknowledged else "/?rung=no", 303)
