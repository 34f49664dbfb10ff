"""The telephone at a desk: what its browser registers with, and what is done with a call."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from callflow.core.calls.call import Mode
from callflow.handling.base import refusals
from callflow.handling.calls import control, telephone
from callflow.handling.calls.phones import Credentials, credentials, softphone
from callflow.storage import Tx
from web.access import cookies, names
from web.access.sessions import Handler
from web.access.users import Right, digest
from web.kit import forms
from web.kit.forms import Form
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import refusal
from web.kit.rendering import render
from web.station import Here, Station

router = APIRouter(include_in_schema=False, prefix="/telephone")

Act = Callable[[Tx, str, Form, datetime], object]


@router.post("/softphone")
async def begin(request: Request, visitor: Handler, station: Here) -> dict[str, Any]:
    """What this browser registers with."""
    session, now = digest(cookies.read(request, cookies.SESSION)), station.clock()
    given = await station.store.write(
        lambda tx: softphone(tx, station.vault, visitor.name, session, now)
    )
    return _given(request, station, given)


@router.get("/softphone")
async def look(request: Request, visitor: Handler, station: Here) -> dict[str, Any]:
    """The same, to see whether Asterisk knows it by now."""
    session = digest(cookies.read(request, cookies.SESSION))
    given = await station.store.read(
        lambda tx: credentials(tx, station.vault, session, visitor.name)
    )
    if given is None:
        raise not_found("telephone")
    return _given(request, station, given)


def _given(request: Request, station: Station, given: Credentials) -> dict[str, Any]:
    return {
        "name": given.name,
        "secret": given.secret,
        "ready": given.ready,
        "server": names.telephone(station.settings, request),
    }


@router.post("/{act}")
async def do(act: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Does it; what comes of it is told by the stream. 409 with the reason where it is refused."""
    doing = ACTS.get(act)
    if doing is None:
        raise not_found("act")
    if act in SUPERVISING and Right.SUPERVISE not in visitor.rights:
        raise ProblemError(403, "your role does not allow this")
    form = await forms.sent(request)
    now = station.clock()
    try:
        await station.store.write(lambda tx: doing(tx, visitor.name, form, now))
    except refusals.Refused as refused:
        said = {"text": refusal(refused, visitor.language)}
        return HTMLResponse(render(visitor.language, "kit/_refused.html", said), 409)
    return Response(status_code=204)


def _call_number(tx: Tx, who: str, form: Form, now: datetime) -> object:
    return telephone.call_number(tx, who, forms.line(form, "number"), now)


def _contact(tx: Tx, who: str, form: Form, now: datetime) -> object:
    role = form.get("role") == "yes"
    incident, contact = forms.line(form, "incident"), forms.line(form, "contact")
    return telephone.call_contact(tx, incident, who, contact, now, role=role)


def _listen(mode: Mode) -> Act:
    return lambda tx, who, form, now: control.listen(tx, who, forms.line(form, "leg"), mode, now)


def _hand_on(tx: Tx, who: str, form: Form, now: datetime) -> object:
    colleague, attended = forms.line(form, "colleague"), form.get("attended") == "yes"
    return control.hand_on(tx, who, colleague, now, attended=attended)


#: What a person can do, by the last part of the address.
ACTS: dict[str, Act] = {
    "hang-up": lambda tx, who, form, now: control.hang_up(tx, who, now, form.get("call", "")),
    "hold": lambda tx, who, form, now: control.hold(tx, who, form.get("call", ""), now),
    "resume": lambda tx, who, form, now: control.resume(tx, who, form.get("call", ""), now),
    "mute": lambda tx, who, form, now: control.mute(tx, who, True, now),
    "unmute": lambda tx, who, form, now: control.mute(tx, who, False, now),
    "keys": lambda tx, who, form, now: control.keys(
        tx, who, form.get("call", ""), form.get("keys", ""), now
    ),
    "hand-on": _hand_on,
    "complete": lambda tx, who, form, now: control.complete(tx, who, now),
    "together": lambda tx, who, form, now: control.all_together(tx, who, now),
    "call-off": lambda tx, who, form, now: control.call_off(tx, who, now),
    "rejoin": lambda tx, who, form, now: control.rejoin(tx, who, form.get("leg", ""), now),
    "join": lambda tx, who, form, now: telephone.join(tx, who, forms.line(form, "room"), now),
    "contact": _contact,
    "number": _call_number,
    "listen": _listen(Mode.LISTEN),
    "whisper": _listen(Mode.WHISPER),
    "barge": _listen(Mode.BARGE),
}
SUPERVISING = frozenset({"listen", "whisper", "barge"})
