"""Acts on several incidents: those of one site, or the non-vital ones beneath a storm."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from callflow.core.signals.signal import Kind
from callflow.handling.alarms import operating
from callflow.handling.base import refusals
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.texts import RESOLUTIONS
from web.access.sessions import Handler, Visitor
from web.access.users import Right
from web.kit import forms, words
from web.kit.problems import ProblemError, not_found
from web.pages.alarms.incident import refusal, respond, shown
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

#: At most what a page shows.
MOST = 500


@router.post("/incidents/{incident_id}/together")
async def together(incident_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Does it to each that was chosen, in a transaction of its own; says which were refused."""
    sent = await request.form()
    form = {name: str(value) for name, value in sent.items()}
    chosen = [str(value) for value in sent.getlist("one")][:MOST]
    more = _what(form, station)
    incident = await station.store.read(lambda tx: incidents.get(tx, incident_id))
    if incident is None:
        raise not_found("incident")
    if not chosen:
        raise ProblemError(422, "choose at least one incident", field="one")
    storm = incident.kind is Kind.STORM
    scope = {"storm": incident_id} if storm else {"site": incident.site_id or ""}
    refused = await _each(station, visitor, chosen, {**more, **scope})
    said = {"done": len(chosen) - len(refused), "refused": refused}
    values = await shown(station, visitor, incident_id, together=said)
    return respond(request, visitor, values, 200 if len(refused) < len(chosen) else 409)


def _what(form: forms.Form, station: Station) -> dict[str, Any]:
    """The act that the form asks for, checked before anything is done."""
    act, text = form.get("act", ""), forms.text(form)
    if act not in operating.TOGETHER:
        raise ProblemError(422, "choose what is to be done", field="act")
    if act == "close" and form.get("code", "") not in RESOLUTIONS:
        raise ProblemError(422, "choose a resolution code", field="code")
    if act == "note" and not text.strip():
        raise ProblemError(422, "the note is empty", field="text")
    until = station.clock() + timedelta(minutes=forms.minutes(form)) if act == "park" else None
    return {"act": act, "text": text, "code": form.get("code", ""), "until": until}


async def _each(
    station: Station, visitor: Visitor, chosen: Sequence[str], what: dict[str, Any]
) -> list[dict[str, str]]:
    """Those that were refused: their kind and account, and why."""
    refused = []
    what, act = {**what, "supervises": Right.SUPERVISE in visitor.rights}, what["act"]
    del what["act"]
    for one in chosen:
        now = station.clock()

        def run(tx: Tx, one: str = one, now: Any = now) -> refusals.Refused | None:
            return operating.act_together(tx, one, act, visitor.name, now, **what)

        try:
            told = await station.store.write(run)
            if told is not None:
                raise told
        except refusals.Refused as why:
            incident = await station.store.read(lambda tx, one=one: incidents.get(tx, one))  # type: ignore[misc]
            name = (
                f"{words.kind(incident.kind, visitor.language)} {incident.account}"
                if incident
                else one
            )
            refused.append({"name": name, "why": refusal(why, visitor.language)})
    return refused
