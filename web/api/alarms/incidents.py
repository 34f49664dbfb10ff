"""``incidents``: list, one, and what people do to them. 409 names who holds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field, model_validator

from callflow.core.alarms.incident import State
from callflow.handling.alarms import operating
from callflow.handling.base import refusals
from callflow.handling.base.fields import ACCOUNT, Line, Long
from callflow.storage import Tx
from callflow.storage.alarms import incidents
from callflow.texts import RESOLUTIONS
from web.access.bearer import Handler, Reader
from web.access.users import Right
from web.api import paging, reading
from web.api.shapes import Body, Empty, IncidentOut, Instant, Page
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES, ProblemError, not_found
from web.station import Here, Station

router = APIRouter(tags=["incidents"], responses=RESPONSES)

_ACTS: dict[int | str, dict[str, Any]] = {**NOT_FOUND, **CONFLICT}


class ParkIn(Body):
    """Until when it comes back to the queue: an instant, or minutes from now."""

    until: Instant | None = None
    minutes: float | None = Field(None, strict=True, gt=0, le=24 * 60)

    @model_validator(mode="after")
    def _one_of_them(self) -> ParkIn:
        if (self.until is None) == (self.minutes is None):
            raise ValueError("give either until or minutes")
        return self

    def instant(self, now: datetime) -> datetime:
        """When it comes back. Raises a problem where that is not ahead, or too far."""
        until = self.until or now + timedelta(minutes=self.minutes or 0)
        if not now < until <= now + timedelta(days=1):
            raise ProblemError(422, "until lies within the next 24 hours", field="until")
        return until


def said(text: str) -> str:
    """A text with something in it."""
    if not text.strip():
        raise ValueError("there is nothing in it")
    return text


class TransferIn(Body):
    """Who takes over."""

    to: Annotated[Line, AfterValidator(said)]


class NoteIn(Body):
    """What is to be remembered."""

    text: Annotated[Long, AfterValidator(said)]


class CallIn(Body):
    """Which contact of the site to call now, or which of the machine's live calls to take over."""

    contact: Line | None = None
    call: Line | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.contact is None) == (self.call is None):
            raise ValueError("name either a contact or a live call")
        return self


def _resolution(code: str) -> str:
    if code not in RESOLUTIONS:
        raise ValueError(f"must be one of {', '.join(RESOLUTIONS)}")
    return code


class CloseIn(Body):
    """Why it is over: a resolution code, and words."""

    code: Annotated[
        str, AfterValidator(_resolution), Field(json_schema_extra={"enum": list(RESOLUTIONS)})
    ]
    text: Long = ""
    waiver: Long = Field("", description="Why it is filed though something is open: two people's")
    state: Annotated[
        Literal["open", "awaiting_normal"] | None,
        Field(description="The state that whoever closes it saw: 409 where it is another now"),
    ] = None


@router.get("/incidents")
async def list_incidents(
    caller: Reader,
    station: Here,
    account: Annotated[str | None, Query(pattern=ACCOUNT)] = None,
    site: Annotated[str | None, Query(max_length=64)] = None,
    state: State | None = None,
    since: paging.Since = None,
    after: paging.After = None,
    limit: paging.Limit = 50,
) -> Page[IncidentOut]:
    """Incidents by the instant of their opening, oldest first."""
    start = paging.moment_of(after)

    def read(tx: Tx) -> tuple[list[dict[str, Any]], str | None]:
        found = incidents.page(
            tx,
            account=account,
            site=site,
            state=state.value if state else None,
            since=since,
            after=start,
            limit=limit + 1,
        )
        shown, following = paging.page(
            found, limit, lambda one: paging.moment(one.opened_at, one.id)
        )
        return reading.incidents(tx, shown), following

    items, following = await station.store.read(read)
    return Page[IncidentOut].model_validate({"items": items, "next": following})


@router.get("/incidents/{incident_id}", responses=NOT_FOUND)
async def get_incident(incident_id: str, caller: Reader, station: Here) -> IncidentOut:
    """One incident with everything that belongs to it."""
    return await station.store.read(lambda tx: _one(tx, incident_id))


def _one(tx: Tx, incident_id: str) -> IncidentOut:
    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise not_found("incident")
    return IncidentOut.model_validate(reading.incidents(tx, [incident])[0])


async def act_on(
    station: Station, incident_id: str, act: Callable[[Tx, datetime], object]
) -> IncidentOut:
    """Do it in one transaction; the incident as it is then.

    A refusal that the act answers with is told in the logbook: raised once that is committed.
    """
    now = station.clock()

    def run(tx: Tx) -> IncidentOut | refusals.Refused:
        if incidents.get(tx, incident_id) is None:
            raise not_found("incident")
        done = act(tx, now)
        return done if isinstance(done, refusals.Refused) else _one(tx, incident_id)

    answer = await station.store.write(run)
    if isinstance(answer, refusals.Refused):
        raise answer
    return answer


@router.post("/incidents/{incident_id}/claim", responses=_ACTS)
async def claim(
    incident_id: str, caller: Handler, station: Here, body: Empty | None = None
) -> IncidentOut:
    """Takes it: the machine stops (D20). 409 with the holder when another has it."""
    return await act_on(
        station, incident_id, lambda tx, now: operating.claim(tx, incident_id, caller.name, now)
    )


@router.post("/incidents/{incident_id}/release", responses=_ACTS)
async def release(
    incident_id: str, caller: Handler, station: Here, body: Empty | None = None
) -> IncidentOut:
    """Gives it back to the queue."""
    return await act_on(
        station, incident_id, lambda tx, now: operating.release(tx, incident_id, caller.name, now)
    )


@router.post("/incidents/{incident_id}/park", responses=_ACTS)
async def park(incident_id: str, body: ParkIn, caller: Handler, station: Here) -> IncidentOut:
    """Puts it aside for a while; a new alarm brings it back before (D6)."""
    until = body.instant(station.clock())
    return await act_on(
        station,
        incident_id,
        lambda tx, now: operating.park(tx, incident_id, caller.name, until, now),
    )


@router.post("/incidents/{incident_id}/transfer", responses=_ACTS)
async def transfer(
    incident_id: str, body: TransferIn, caller: Handler, station: Here
) -> IncidentOut:
    """Hands it to another operator."""
    return await act_on(
        station,
        incident_id,
        lambda tx, now: operating.transfer(tx, incident_id, caller.name, body.to, now),
    )


@router.post("/incidents/{incident_id}/note", responses=_ACTS)
async def note(incident_id: str, body: NoteIn, caller: Handler, station: Here) -> IncidentOut:
    """Writes into its logbook."""
    return await act_on(
        station,
        incident_id,
        lambda tx, now: operating.note(tx, incident_id, caller.name, body.text, now),
    )


@router.post("/incidents/{incident_id}/resume-plan", responses=_ACTS)
async def resume_plan(
    incident_id: str, caller: Handler, station: Here, body: Empty | None = None
) -> IncidentOut:
    """Hands the rest of the plan back to the machine."""
    return await act_on(
        station,
        incident_id,
        lambda tx, now: operating.resume_plan(tx, incident_id, caller.name, now),
    )


@router.post("/incidents/{incident_id}/call", responses=_ACTS)
async def call(incident_id: str, body: CallIn, caller: Handler, station: Here) -> IncidentOut:
    """Calls one of the site's contacts now, or takes over a live call of the machine."""

    def act(tx: Tx, now: datetime) -> object:
        if body.call is not None:
            return operating.take_over_call(tx, incident_id, caller.name, body.call, now)
        contact = body.contact or ""
        return operating.request_contact_call(tx, incident_id, caller.name, contact, now)

    return await act_on(station, incident_id, act)


@router.post("/incidents/{incident_id}/close", responses=_ACTS)
async def close(incident_id: str, body: CloseIn, caller: Handler, station: Here) -> IncidentOut:
    """Handles it, with a resolution code; it is filed once the site is back to normal (D26).

    A second time it is filed, unless something is `open` (409). A personal alarm, and a waiver of
    what is open, take two people, one of both a supervisor (D30): the first is answered 403 and
    what they ask for is noted, the second closes it by the same call, with a reason of their own.
    """
    supervises = Right.SUPERVISE in caller.rights

    def act(tx: Tx, now: datetime) -> object:
        return operating.close_incident(
            tx,
            incident_id,
            caller.name,
            body.code,
            body.text,
            now,
            supervises=supervises,
            waiver=body.waiver,
            seen=State(body.state) if body.state else None,
            identity=f"token {caller.id}",
        )

    return await act_on(station, incident_id, act)
