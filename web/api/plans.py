"""``plans``: the newest version of each; PUT publishes the next one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from callflow import handling
from callflow.storage import Tx, sites
from web.accounts import Right
from web.api.shapes import Page
from web.api.site_shapes import PlanIn, PlanOut
from web.bearer import Caller, allowed
from web.problems import CONFLICT, NOT_FOUND, RESPONSES, ProblemError, not_found
from web.station import Station, station_of

router = APIRouter(tags=["plans"], responses=RESPONSES)

Here = Annotated[Station, Depends(station_of)]
PlanId = Annotated[str, Path(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$")]
Reader = Annotated[Caller, Depends(allowed(Right.READ))]
Author = Annotated[Caller, Depends(allowed(Right.CONFIGURE))]


@router.get("/plans")
async def list_plans(caller: Reader, station: Here) -> Page[PlanOut]:
    """The newest version of each plan, by id."""
    bodies = await station.store.read(sites.plan_bodies)
    return Page[PlanOut].model_validate({"items": bodies, "next": None})


@router.get("/plans/{plan_id}", responses=NOT_FOUND)
async def get_plan(plan_id: PlanId, caller: Reader, station: Here) -> PlanOut:
    """The newest version of a plan."""
    body = await station.store.read(lambda tx: sites.plan_body(tx, plan_id))
    if body is None:
        raise not_found("plan")
    return PlanOut.model_validate(body)


@router.post("/plans", status_code=201, responses=CONFLICT)
async def publish_plan(body: PlanIn, caller: Author, station: Here) -> PlanOut:
    """Publishes a plan as its next version; running incidents keep theirs (invariant 7)."""
    return await _publish(body, caller, station)


@router.put("/plans/{plan_id}", responses=CONFLICT)
async def put_plan(plan_id: PlanId, body: PlanIn, caller: Author, station: Here) -> PlanOut:
    """The same, by its address."""
    if body.id != plan_id:
        raise ProblemError(422, "it differs from the address", field="id")
    return await _publish(body, caller, station)


async def _publish(body: PlanIn, caller: Caller, station: Station) -> PlanOut:
    fields: dict[str, Any] = body.model_dump(mode="json", exclude_unset=True)
    now = station.clock()

    def write(tx: Tx) -> PlanOut:
        handling.publish_plan(tx, fields, caller.name, now)
        return PlanOut.model_validate(sites.plan_body(tx, body.id))

    return await station.store.write(write)
