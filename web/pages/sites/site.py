"""A site's page; from there an alarm is opened by hand, and an instruction noted."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.signals.signal import Kind
from callflow.core.sites.instructions import Instruction, InstructionKind
from callflow.handling.alarms import by_hand
from callflow.handling.base import refusals as base_refusals
from callflow.handling.sites import instructions
from callflow.storage import Tx
from callflow.storage.sites import sites
from web.access import confidential
from web.access.sessions import Configurer, Handler, Reader, Visitor
from web.access.users import Right
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, tried
from web.kit.rendering import page
from web.pages.alarms import incident
from web.pages.sites import views
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


@router.get("/sites/{site_id}")
async def show(site_id: str, request: Request, visitor: Reader, station: Here) -> Response:
    """The site as it is now: a page, or what the console's pane holds."""
    return await _site(request, station, visitor, site_id)


@router.post("/sites/{site_id}/open")
async def open_by_hand(site_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Opens an alarm that somebody told, and shows it."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> str:
        kind, text = forms.one_of(Kind, form, "kind"), forms.text(form)
        return by_hand.open_by_hand(tx, site_id, kind, text, visitor.name, now).id

    made = await tried(station, run)
    if not isinstance(made, str):
        return await _site(request, station, visitor, site_id, made)
    if "hx-request" in request.headers:
        return incident.respond(request, visitor, await incident.shown(station, visitor, made))
    return RedirectResponse(f"/?incident={made}", 303)


@router.post("/sites/{site_id}/instructions")
async def note_instruction(
    site_id: str, request: Request, visitor: Handler, station: Here
) -> Response:
    """Writes what is agreed for a while (D19), and shows the site."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        site = sites.get(tx, site_id)
        if site is None:
            raise not_found("site")
        zone = ZoneInfo(site.timezone)
        ends_at = forms.moment(form, "ends_at", zone)
        if ends_at is None:
            raise ProblemError(422, "choose a day and a time", field="ends_at")
        made = Instruction(
            id="",
            site_id=site_id,
            kind=InstructionKind.NOTE,
            begins_at=forms.moment(form, "begins_at", zone) or now,
            ends_at=ends_at,
            author=visitor.name,
            made_at=now,
            text=forms.text(form),
            asked_by=form.get("asked_by") or None,
        )
        instructions.make(tx, site_id, made, lowers=bool(form.get("lowers")), now=now)

    return await _done(request, station, visitor, site_id, run)


@router.post("/sites/{site_id}/instructions/{instruction}/transcribe")
async def transcribe(
    site_id: str, instruction: str, request: Request, visitor: Handler, station: Here
) -> Response:
    """Writes down what was said on the phone, and shows the site."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        text, lowers = forms.text(form), bool(form.get("lowers"))
        instructions.transcribe(
            tx, site_id, instruction, text=text, lowers=lowers, who=visitor.name, now=now
        )

    return await _done(request, station, visitor, site_id, run)


@router.post("/sites/{site_id}/instructions/{instruction}/countersign")
async def countersign(
    site_id: str, instruction: str, request: Request, visitor: Configurer, station: Here
) -> Response:
    """The second signature of what lowers protection (D19)."""
    await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        instructions.countersign(tx, site_id, instruction, who=visitor.name, now=now)

    return await _done(request, station, visitor, site_id, run)


@router.post("/sites/{site_id}/instructions/{instruction}/withdraw")
async def withdraw(
    site_id: str, instruction: str, request: Request, visitor: Handler, station: Here
) -> Response:
    """It counts no more, or never did."""
    await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> None:
        instructions.withdraw(tx, site_id, instruction, who=visitor.name, now=now)

    return await _done(request, station, visitor, site_id, run)


async def _done(
    request: Request, station: Station, visitor: Visitor, site_id: str, run: Callable[[Tx], None]
) -> Response:
    """Does it; the site then, or why not."""
    wrong = await tried(station, run)
    if wrong is None and "hx-request" not in request.headers:
        return RedirectResponse(f"/sites/{quote(site_id, safe='')}", 303)
    return await _site(request, station, visitor, site_id, wrong)


async def _site(
    request: Request,
    station: Station,
    visitor: Visitor,
    site_id: str,
    wrong: Wrong | None = None,
) -> Response:
    now = station.clock()

    def read(tx: Tx) -> dict[str, Any]:
        found = views.shown(tx, site_id, now)
        if found is None:
            raise not_found("site")
        return {**frame(tx, station, visitor, "site"), **found}

    values = {
        **await station.store.read(read),
        **refusals.said(wrong, visitor.language),
        "may_act": Right.HANDLE in visitor.rights,
        "may_sign": Right.CONFIGURE in visitor.rights,
    }
    await confidential.site(station, site_id, visitor.name)
    part = "hx-request" in request.headers
    status = 200 if wrong is None else 409 if isinstance(wrong, base_refusals.Refused) else 422
    return page(visitor.language, "sites/_site.html" if part else "sites/site.html", values, status)
