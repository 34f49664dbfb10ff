"""One incident: what happened, what is happening, and what a person can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from callflow import handling
from callflow.law import Answer, Finding, Means, Service
from callflow.storage import Tx, incidents
from callflow.texts import RESOLUTIONS
from web import i18n, views, words
from web.accounts import Right
from web.auth import Visitor, allowed
from web.pages import forms, tasks
from web.problems import ProblemError, not_found
from web.rendering import page
from web.service_views import Revealed
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)

Here = Annotated[Station, Depends(station_of)]
Reader = Annotated[Visitor, Depends(allowed(Right.READ))]
Handler = Annotated[Visitor, Depends(allowed(Right.HANDLE))]
Act = Callable[[Tx, str, str, Mapping[str, str], datetime], object]


@router.get("/incidents/{incident_id}")
async def show(incident_id: str, visitor: Reader, station: Here) -> Response:
    """The incident as it is now."""
    return await _page(station, visitor, incident_id)


async def _page(
    station: Station,
    visitor: Visitor,
    incident_id: str,
    refused: handling.Refused | None = None,
    status: int = 200,
    revealed: Revealed | None = None,
) -> Response:
    now = station.clock()
    view = await station.store.read(lambda tx: views.incident(tx, incident_id, now))
    if view is None:
        raise not_found("incident")
    values: dict[str, Any] = {
        **view,
        "visitor": visitor,
        "now": now,
        "refused": _refusal(refused, visitor.language),
        "held_by": refused.holder if isinstance(refused, handling.Held) else None,
        "may_act": Right.HANDLE in visitor.rights,
        "resolutions": RESOLUTIONS,
        "revealed": revealed,
    }
    return page(visitor.language, "incident.html", values, status)


def _refusal(refused: handling.Refused | None, language: str) -> str:
    """Why, as the page says it: the law's reasons have words of their own."""
    if isinstance(refused, handling.NotAllowed):
        return words.of_law(refused.gate.reason, "reason", language)
    if refused is None:
        return ""
    said = i18n.catalogue(language).gettext(refused.message)
    return f"{said} : {refused.about}" if refused.about else said


@router.post("/incidents/{incident_id}/{act}")
async def act(
    incident_id: str, act: str, request: Request, visitor: Handler, station: Here
) -> Response:
    """Does it and shows the incident; says why not where it is refused."""
    doing = ACTS.get(act)
    if doing is None:
        raise not_found("act")
    form = {name: str(value) for name, value in (await request.form()).items()}
    now = station.clock()

    def run(tx: Tx) -> object:
        if incidents.get(tx, incident_id) is None:
            raise not_found("incident")
        return doing(tx, incident_id, visitor.name, form, now)

    try:
        done = await station.store.write(run)
        if isinstance(done, handling.Refused):  # told in the logbook, and so committed
            raise done
    except handling.Refused as refused:
        status = 404 if isinstance(refused, handling.NotFound) else 409
        return await _page(station, visitor, incident_id, refused, status)
    if isinstance(done, Revealed):  # shown once, in this answer only
        return await _page(station, visitor, incident_id, revealed=done)
    back = form.get("back", "")
    return RedirectResponse("/" if back == "console" else f"/incidents/{incident_id}", 303)


def _park(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    until = now + timedelta(minutes=forms.minutes(form))
    return handling.park(tx, incident_id, who, until, now)


def _note(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    return handling.note(tx, incident_id, who, forms.text(form), now)


def _close(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    code = form.get("code", "")
    if code not in RESOLUTIONS:
        raise ProblemError(422, "choose a resolution code", field="code")
    return handling.close_incident(tx, incident_id, who, code, forms.text(form), now)


def _verify(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    means, result = forms.one_of(Means, form, "means"), forms.one_of(Finding, form, "result")
    return handling.record_verification(tx, incident_id, who, means, result, forms.text(form), now)


def _call_service(
    tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime
) -> object:
    service = form.get("service", "")
    return handling.service_call(
        tx, incident_id, who, service, now, override_reason=forms.text(form)
    )


def _reveal(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    line = form.get("line", "")
    return Revealed(line, handling.reveal_line(tx, line, who, now, incident_id=incident_id))


def _report(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    return handling.report_service(
        tx,
        incident_id,
        who,
        forms.one_of(Service, form, "service"),
        forms.one_of(Answer, form, "answer"),
        now,
        person=forms.line(form, "person"),
        reference=forms.line(form, "reference"),
        note=forms.text(form),
        counter_order="counter_order" in form,
    )


#: What a person can do, by the last part of the form's address.
ACTS: dict[str, Act] = {
    "claim": lambda tx, i, who, form, now: handling.claim(tx, i, who, now),
    "release": lambda tx, i, who, form, now: handling.release(tx, i, who, now),
    "resume-plan": lambda tx, i, who, form, now: handling.resume_plan(tx, i, who, now),
    "call": lambda tx, i, who, form, now: handling.request_contact_call(
        tx, i, who, form.get("contact", ""), now
    ),
    "take-over": lambda tx, i, who, form, now: handling.take_over_call(
        tx, i, who, form.get("call", ""), now
    ),
    "park": _park,
    "note": _note,
    "verify": _verify,
    "call-service": _call_service,
    "report-service": _report,
    "reveal-line": _reveal,
    "close": _close,
    "task": tasks.complete,
    "guard": tasks.guard,
    "lift-measure": tasks.lift,
}
