"""One incident: what happened, what is happening, and what a person can do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.alarms.incident import State
from callflow.core.interventions.law import Answer, Finding, Means, Service
from callflow.core.sites.declared import DeclaredSite
from callflow.handling.alarms import bank_openings, image_requests, operating, undoing
from callflow.handling.base import refusals as base_refusals
from callflow.handling.calls import telephone
from callflow.handling.interventions import directory, orders, services
from callflow.handling.records.report_sending import printed_by
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.texts import RESOLUTIONS
from web.access.sessions import Handler, Reader, Visitor
from web.access.users import Right
from web.kit import forms, refusals, words
from web.kit.problems import ProblemError, not_found
from web.kit.rendering import page
from web.pages.alarms import people_views, places, promises, tasks, views
from web.pages.interventions.service_views import Revealed
from web.station import Here, Station

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class PasswordShown:
    """A spoken password that somebody asked to see: ``contact``'s, or the site's ("")."""

    contact: str
    password: str


Act = Callable[[Tx, str, str, Mapping[str, str], datetime], object]


@router.get("/incidents/{incident_id}")
async def show(incident_id: str, request: Request, visitor: Reader, station: Here) -> Response:
    """The incident as it is now: a page, or what the console's pane holds."""
    return respond(request, visitor, await shown(station, visitor, incident_id))


def respond(
    request: Request, visitor: Visitor, values: Mapping[str, Any], status: int = 200
) -> Response:
    """An incident as a page; the console asks for it alone."""
    part = "hx-request" in request.headers
    return page(visitor.language, PART if part else "alarms/incident.html", values, status)


#: The template of an incident without the page around it.
PART = "alarms/_incident.html"


async def shown(
    station: Station,
    visitor: Visitor,
    incident_id: str,
    refused: base_refusals.Refused | None = None,
    revealed: Revealed | PasswordShown | None = None,
    together: Mapping[str, Any] | None = None,
) -> dict[str, object]:
    """The values that the templates of an incident need. Raises ProblemError 404."""
    now = station.clock()

    def read(tx: Tx) -> dict[str, object] | None:
        view = views.incident(tx, incident_id, visitor.name, now)
        if view is None:
            return None
        colleagues = people_views.colleagues(tx, visitor.name)
        offer = undoing.offered(tx, visitor.name, now)
        site = view["site"] if isinstance(view["site"], DeclaredSite) else None
        inset = places.inset_of(site, tiled=station.settings.map_tiles is not None)
        return {**view, "colleagues": colleagues, "undo": offer, "inset": inset}

    view = await station.store.read(read)
    if view is None:
        raise not_found("incident")
    return {
        **view,
        "visitor": visitor,
        "now": now,
        "refused": refusal(refused, visitor.language),
        "held_by": refused.holder if isinstance(refused, base_refusals.Held) else None,
        "may_act": Right.HANDLE in visitor.rights,
        "supervises": Right.SUPERVISE in visitor.rights,
        "resolutions": RESOLUTIONS,
        "printers": [(printed_by(name), name) for name in station.settings.printers],
        "revealed": revealed if isinstance(revealed, Revealed) else None,
        "password_shown": revealed if isinstance(revealed, PasswordShown) else None,
        "together": together,
    }


def refusal(refused: base_refusals.Refused | None, language: str) -> str:
    """Why, as the page says it: the law's reasons have words of their own."""
    if isinstance(refused, services.NotAllowed):
        return words.of_law(refused.gate.reason, "reason", language)
    return refusals.refusal(refused, language)


@router.post("/incidents/{incident_id}/close")
async def close(incident_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Closes it, or signs what another person asked for; says what is open where it can't be."""
    form = await forms.sent(request)
    code, text = form.get("code", ""), forms.text(form)
    if code not in RESOLUTIONS:
        raise ProblemError(422, "choose a resolution code", field="code")
    supervises, waiver = Right.SUPERVISE in visitor.rights, text if "waives" in form else ""
    if "waives" in form and not waiver.strip():
        raise ProblemError(422, "write why it is filed all the same", field="text")
    now, seen = station.clock(), _state(form)

    def closing(tx: Tx) -> object:
        return operating.close_incident(
            tx,
            incident_id,
            visitor.name,
            code,
            text,
            now,
            supervises=supervises,
            waiver=waiver,
            seen=seen,
        )

    return await answer(request, station, visitor, incident_id, closing)


def _state(form: Mapping[str, str]) -> State | None:
    """The state that the page showed."""
    known = {state.value: state for state in State}
    return known.get(form.get("state", ""))


@router.post("/incidents/{incident_id}/{act}")
async def act(
    incident_id: str, act: str, request: Request, visitor: Handler, station: Here
) -> Response:
    """Does it and shows the incident; says why not where it is refused."""
    doing = ACTS.get(act)
    if doing is None:
        raise not_found("act")
    form = await forms.sent(request)
    now = station.clock()
    return await answer(
        request,
        station,
        visitor,
        incident_id,
        lambda tx: doing(tx, incident_id, visitor.name, form, now),
    )


async def answer(
    request: Request,
    station: Station,
    visitor: Visitor,
    incident_id: str,
    doing: Callable[[Tx], object],
) -> Response:
    """Does an act on an incident and shows it; says why not where it is refused."""

    def run(tx: Tx) -> object:
        if incidents.get(tx, incident_id) is None:
            raise not_found("incident")
        return doing(tx)

    try:
        done = await station.store.write(run)
        if isinstance(done, base_refusals.Refused):  # told in the logbook, and so committed
            raise done
    except base_refusals.Refused as refused:
        status = refusals.status_of(refused)
        values = await shown(station, visitor, incident_id, refused)
        return respond(request, visitor, values, status)
    if isinstance(done, Revealed | PasswordShown):  # shown once, in this answer only
        values = await shown(station, visitor, incident_id, revealed=done)
        return respond(request, visitor, values)
    return RedirectResponse(f"/incidents/{incident_id}", 303)


def _park(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    until = now + timedelta(minutes=forms.minutes(form))
    return operating.park(tx, incident_id, who, until, now, reminder=forms.line(form, "reminder"))


def _transfer(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    to = form.get("to", "")
    if to not in people_views.colleagues(tx, who):
        raise ProblemError(422, "choose a colleague who is on shift", field="to")
    return operating.transfer(tx, incident_id, who, to, now)


def _note(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    return operating.note(tx, incident_id, who, forms.text(form), now)


def _verify(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    means, result = forms.one_of(Means, form, "means"), forms.one_of(Finding, form, "result")
    return services.record_verification(
        tx,
        incident_id,
        who,
        means,
        result,
        forms.text(form),
        now,
        image=forms.line(form, "image"),
        call=forms.line(form, "call"),
        person=forms.line(form, "person"),
        found_at=_minutes_ago(form, now),
    )


def _minutes_ago(form: Mapping[str, str], now: datetime) -> datetime | None:
    """When it was, of a form that says how many minutes ago; None: now."""
    said = form.get("minutes", "").strip() or "0"
    return now - timedelta(minutes=forms.minutes(form)) if said != "0" else None


def _call_service(
    tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime
) -> object:
    service = form.get("service", "")
    return services.service_call(
        tx, incident_id, who, service, now, override_reason=forms.text(form)
    )


def _reveal(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    line = form.get("line", "")
    return Revealed(line, directory.reveal_line(tx, line, who, now, incident_id=incident_id))


def _report(tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime) -> object:
    return services.report_service(
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
        said_at=_minutes_ago(form, now),
        script=forms.long(form, "script"),
    )


def _opening_answer(
    tx: Tx, incident_id: str, who: str, form: Mapping[str, str], now: datetime
) -> object:
    said = form.get("answer", "")
    if not said.isascii() or not said.isdigit():
        raise ProblemError(422, "choose what was answered", field="answer")
    return bank_openings.answered(tx, incident_id, who, int(said), now)


#: Acts of a person, by the last part of the form's address.
ACTS: dict[str, Act] = {
    "claim": lambda tx, i, who, form, now: operating.claim(tx, i, who, now),
    "release": lambda tx, i, who, form, now: operating.release(tx, i, who, now),
    "resume-plan": lambda tx, i, who, form, now: operating.resume_plan(tx, i, who, now),
    "go-on": lambda tx, i, who, form, now: operating.go_on(tx, i, who, now),
    "call": lambda tx, i, who, form, now: telephone.call_contact(
        tx, i, who, form.get("contact", ""), now, role=form.get("role") == "yes"
    ),
    "take-over": lambda tx, i, who, form, now: telephone.take_over(
        tx, i, who, form.get("call", ""), now
    ),
    "opening-answer": _opening_answer,
    "park": _park,
    "transfer": _transfer,
    "note": _note,
    "fetch-images": lambda tx, i, who, form, now: image_requests.fetch_again(tx, i, who, now),
    "fetch-link": lambda tx, i, who, form, now: image_requests.fetch_link(
        tx, i, who, form.get("link", ""), now
    ),
    "verify": _verify,
    "call-service": _call_service,
    "report-service": _report,
    "reveal-line": _reveal,
    "task": tasks.complete,
    "guard": tasks.guard,
    "lift-measure": tasks.lift,
    "report-measure": tasks.report,
    "extend-measure": tasks.extend,
    "send-guard": lambda tx, i, who, form, now: orders.send_guard(tx, i, who, now),
    "call-technician": lambda tx, i, who, form, now: orders.call_technician(tx, i, who, now),
    "measure": tasks.protect,
    "promise": promises.promise,
    "keep": promises.keep,
    "reopen": promises.reopen,
}
