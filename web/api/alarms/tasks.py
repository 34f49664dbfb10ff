"""What a plan's steps ask of people: tasks, guards, firms and their people, measures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.task import TaskOutcome
from callflow.handling.alarms import completing
from callflow.handling.base.fields import Identifier, Line, Long
from callflow.handling.interventions import firms, guards, members, orders
from callflow.handling.interventions import measures as interventions_measures
from callflow.handling.sites.shape import Digits, Language, Phone
from callflow.storage import Tx
from callflow.storage.interventions import measures
from web.access.bearer import Caller, Configurer, Handler, Reader
from web.api.alarms.incidents import Empty, act_on, said
from web.api.shapes import Body, IncidentOut
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES
from web.station import Here

router = APIRouter(tags=["tasks"], responses=RESPONSES)

_ACTS: dict[int | str, dict[str, Any]] = {**NOT_FOUND, **CONFLICT}


class TaskIn(Body):
    """How what a step asked for ended."""

    outcome: TaskOutcome
    text: Long = ""
    checklist: list[Long] = Field(default_factory=list, description="The lines that are done")
    second: Line = Field("", description="Who else agrees, where it takes two (disarming)")


class GuardIn(Body):
    """What a guard, or his firm, said; or an order to a guard, by a contact who may give it."""

    event: Literal["accepted", "on_site", "left", "report", "recall", "stay"]
    inside: bool = Field(False, description="report: it was looked inside")
    outside: bool = Field(False, description="report: it was looked outside")
    traces: bool | None = Field(None, description="report: whether somebody was, or is, there")
    rearmed: bool | None = Field(None, description="report: the site is armed again")
    contact: Line = Field("", description="recall, stay: whose authority it is")
    minutes: float = Field(60, strict=True, ge=1, le=7 * 1440, description="stay: for how long")
    text: Long = ""


class MeasureIn(Body):
    """What protects a site in alarm, until its end."""

    kind: Measure = Measure.OTHER
    text: Annotated[Line, AfterValidator(said)]
    minutes: float = Field(
        240, strict=True, ge=1, le=7 * 1440, description="It ends so long after now"
    )


class FirmIn(Body):
    """A guard firm, shared between sites. Codes go in and never come out; null removes one."""

    name: Line = Field(min_length=1)
    licence: Line = Field(min_length=1, description="Number of its authorisation")
    phone: Phone | None = None
    language: Language = "fr"
    sectors: list[Line] = Field(default_factory=list, description="Beginnings of postcodes")
    rank: int = Field(1, ge=1, le=99)
    tariff: Long = ""
    code: Digits | None = None
    duress_code: Digits | None = None


class FirmOut(BaseModel):
    """A guard firm without its codes."""

    id: str
    name: str
    licence: str
    phone: str | None
    language: str
    sectors: list[str]
    rank: int
    tariff: str
    code_set: bool


class FirmsOut(BaseModel):
    """Every guard firm, in calling order."""

    items: list[FirmOut]


class MemberIn(Body):
    """Somebody of a guard or maintenance firm. Codes go in and never come out; null removes one."""

    name: Line = Field(min_length=1)
    phone: Phone | None = None
    language: Language = "fr"
    mail: Line = Field("", description="Where the summary of a walk test goes")
    code: Digits | None = Field(None, description="6 to 8 digits: it opens every site of the firm")
    duress_code: Digits | None = None


class MemberOut(BaseModel):
    """Somebody of a firm, without their codes."""

    id: str
    name: str
    phone: str | None
    language: str
    mail: str
    code_set: bool
    duress_code_set: bool


class MembersOut(BaseModel):
    """The people of a firm, by name."""

    items: list[MemberOut]


class MeasureOut(BaseModel):
    """A protective measure of a site."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    incident: str | None = Field(validation_alias="incident_id")
    kind: str
    text: str
    opened_by: str
    began_at: datetime
    ends_at: datetime
    lifted_at: datetime | None
    lifted_by: str


class MeasuresOut(BaseModel):
    """The measures of a site, oldest first."""

    items: list[MeasureOut]


@router.post("/incidents/{incident_id}/tasks/{task_id}", responses=_ACTS)
async def complete_task(
    incident_id: str, task_id: str, body: TaskIn, caller: Handler, station: Here
) -> IncidentOut:
    """Ends what a step asked an operator for; 409 says what is missing."""
    return await act_on(
        station,
        incident_id,
        lambda tx, now: completing.complete_task(
            tx,
            incident_id,
            task_id,
            caller.name,
            body.outcome,
            now,
            text=body.text,
            ticked=body.checklist,
            second=body.second,
        ),
    )


@router.post("/incidents/{incident_id}/tasks/{task_id}/guard", responses=_ACTS)
async def guard(
    incident_id: str, task_id: str, body: GuardIn, caller: Handler, station: Here
) -> IncidentOut:
    """Writes down what a guard said, or an order to him."""
    return await act_on(
        station, incident_id, lambda tx, now: _guard(tx, incident_id, task_id, body, caller, now)
    )


def _guard(
    tx: Tx, incident_id: str, task_id: str, body: GuardIn, caller: Caller, now: datetime
) -> None:
    of, who = (tx, incident_id, task_id), caller.name
    match body.event:
        case "left":
            guards.guard_left(*of, who, now)
        case "report":
            guards.guard_report(
                *of,
                who,
                now,
                inside=body.inside,
                outside=body.outside,
                traces=body.traces,
                rearmed=body.rearmed,
                text=body.text,
            )
        case "recall":
            guards.recall_guard(*of, body.contact, who, now)
        case "stay":
            lasts = timedelta(minutes=body.minutes)
            guards.guard_stays(*of, body.contact, lasts, who, now)
        case _:
            guards.guard_event(*of, GuardEvent(body.event), who, now)


@router.post("/incidents/{incident_id}/send-guard", responses=_ACTS)
async def send_guard(
    incident_id: str, caller: Handler, station: Here, body: Empty | None = None
) -> IncidentOut:
    """Asks the next guard firm that nobody asked yet, without giving up the hold (D33).

    The guard is a task of the incident, followed as a plan's. 409 where no firm is left, a guard is
    on the way, or the site is mute.
    """
    return await act_on(
        station, incident_id, lambda tx, now: orders.send_guard(tx, incident_id, caller.name, now)
    )


@router.post("/incidents/{incident_id}/call-technician", responses=_ACTS)
async def call_technician(
    incident_id: str, caller: Handler, station: Here, body: Empty | None = None
) -> IncidentOut:
    """Calls the firm that keeps the installation in order, without giving up the hold (D33)."""
    return await act_on(
        station,
        incident_id,
        lambda tx, now: orders.call_technician(tx, incident_id, caller.name, now),
    )


@router.post("/incidents/{incident_id}/measure", responses=_ACTS)
async def open_measure(
    incident_id: str, body: MeasureIn, caller: Handler, station: Here
) -> IncidentOut:
    """Opens a protective measure of the incident's site, without giving up the hold (D33).

    The site lists it, and lifts it: `POST sites/{site}/measures/{id}/lift`.
    """
    lasts = timedelta(minutes=body.minutes)
    return await act_on(
        station,
        incident_id,
        lambda tx, now: orders.protect(
            tx, incident_id, caller.name, body.kind, body.text, lasts, now
        ),
    )


@router.get("/guard-firms")
async def list_firms(caller: Reader, station: Here) -> FirmsOut:
    """Every guard firm, in calling order."""
    return FirmsOut.model_validate({"items": await station.store.read(firms.guard_firms)})


@router.put("/guard-firms/{firm_id}", responses=CONFLICT)
async def put_firm(firm_id: Identifier, body: FirmIn, caller: Configurer, station: Here) -> FirmOut:
    """Creates or replaces a guard firm."""
    fields = body.model_dump(mode="json", exclude_unset=True)
    now = station.clock()
    found = await station.store.write(
        lambda tx: firms.put_firm(tx, station.vault, firm_id, fields, caller.name, now)
    )
    return FirmOut.model_validate(found)


@router.get("/firms/{firm_id}/members", responses=NOT_FOUND)
async def list_members(firm_id: str, caller: Reader, station: Here) -> MembersOut:
    """The people of a guard firm, or of one that keeps installations in order."""
    found = await station.store.read(lambda tx: members.firm_members(tx, firm_id))
    return MembersOut.model_validate({"items": found})


@router.put("/firms/{firm_id}/members/{member_id}", responses={**NOT_FOUND, **CONFLICT})
async def put_member(
    firm_id: str, member_id: Identifier, body: MemberIn, caller: Configurer, station: Here
) -> MemberOut:
    """Creates or replaces somebody of a firm, who calls with a code of their own."""
    fields, now = body.model_dump(mode="json", exclude_unset=True), station.clock()
    of = (station.vault, firm_id, member_id, fields, caller.name, now)
    found = await station.store.write(lambda tx: members.put_member(tx, *of))
    return MemberOut.model_validate(found)


@router.delete("/firms/{firm_id}/members/{member_id}", status_code=204, responses=NOT_FOUND)
async def remove_member(firm_id: str, member_id: str, caller: Configurer, station: Here) -> None:
    """They left the firm: their codes count no more."""
    now = station.clock()
    await station.store.write(
        lambda tx: members.remove_member(tx, firm_id, member_id, caller.name, now)
    )


@router.get("/sites/{site_id}/measures")
async def list_measures(site_id: str, caller: Reader, station: Here) -> MeasuresOut:
    """The protective measures of a site, oldest first."""
    found = await station.store.read(lambda tx: measures.of_site(tx, site_id))
    return MeasuresOut.model_validate({"items": found})


@router.post("/sites/{site_id}/measures/{measure_id}/lift", responses=_ACTS)
async def lift_measure(site_id: str, measure_id: str, caller: Handler, station: Here) -> MeasureOut:
    """Ends a measure before its time."""
    now = station.clock()
    measure = await station.store.write(
        lambda tx: interventions_measures.lift_measure(tx, site_id, measure_id, caller.name, now)
    )
    return MeasureOut.model_validate(measure)
