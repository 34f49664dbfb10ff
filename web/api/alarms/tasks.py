"""What a plan's steps ask of people: tasks, guards, firms and their people."""

from datetime import datetime, timedelta
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from callflow.core.alarms.escalation import GuardEvent
from callflow.core.plans.task import TaskOutcome
from callflow.handling.alarms import completing
from callflow.handling.base.fields import Identifier, Line, Long
from callflow.handling.interventions import firms, guards, members, orders
from callflow.handling.interventions.shape import Firm, Member
from callflow.storage import Tx
from web.access.bearer import Caller, Configurer, Handler, Reader
from web.api.alarms.incidents import act_on
from web.api.shapes import Body, Empty, IncidentOut
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


class FirmsOut(BaseModel):
    """Every guard firm, in calling order."""

    items: list[Firm]


class MembersOut(BaseModel):
    """The people of a firm, by name."""

    items: list[Member]


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


@router.get("/guard-firms")
async def list_firms(caller: Reader, station: Here) -> FirmsOut:
    """Every guard firm, in calling order."""
    return FirmsOut(items=await station.store.read(firms.guard_firms))


@router.put("/guard-firms/{firm_id}", responses=CONFLICT)
async def put_firm(firm_id: Identifier, body: Firm, caller: Configurer, station: Here) -> Firm:
    """Creates or replaces a guard firm."""
    now = station.clock()
    return await station.store.write(
        lambda tx: firms.put_firm(tx, station.vault, firm_id, body, caller.name, now)
    )


@router.get("/firms/{firm_id}/members", responses=NOT_FOUND)
async def list_members(firm_id: str, caller: Reader, station: Here) -> MembersOut:
    """The people of a guard firm, or of one that keeps installations in order."""
    found = await station.store.read(lambda tx: members.firm_members(tx, firm_id))
    return MembersOut(items=found)


@router.put("/firms/{firm_id}/members/{member_id}", responses={**NOT_FOUND, **CONFLICT})
async def put_member(
    firm_id: str, member_id: Identifier, body: Member, caller: Configurer, station: Here
) -> Member:
    """Creates or replaces somebody of a firm, who calls with a code of their own."""
    of = (station.vault, firm_id, member_id, body, caller.name, station.clock())
    return await station.store.write(lambda tx: members.put_member(tx, *of))


@router.delete("/firms/{firm_id}/members/{member_id}", status_code=204, responses=NOT_FOUND)
async def remove_member(firm_id: str, member_id: str, caller: Configurer, station: Here) -> None:
    """They left the firm: their codes count no more."""
    now = station.clock()
    await station.store.write(
        lambda tx: members.remove_member(tx, firm_id, member_id, caller.name, now)
    )
