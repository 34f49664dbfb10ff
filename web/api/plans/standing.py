"""``plans/{id}/standing``: in use, or withdrawn. Its ETag is its revision: who changes it names it
in If-Match, and is told (412) where the plan is not as they knew it."""

from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from callflow.core.plans.standing import Standing
from callflow.handling.base.fields import Identifier
from callflow.handling.plans import withdrawal
from web.access.bearer import Configurer, Reader
from web.api.etags import IfMatch, needed, tag
from web.api.plans.shapes import WhyIn
from web.kit.problems import CONFLICT, NOT_FOUND, PRECONDITION, RESPONSES
from web.station import Here

router = APIRouter(tags=["plans"], responses=RESPONSES)

_CHANGED = {**NOT_FOUND, **PRECONDITION, **CONFLICT}


class StandingOut(BaseModel):
    """Whether sites may follow a published plan; `withdrawn_at`, `withdrawn_by` and `because` are
    null of one that is in use."""

    model_config = ConfigDict(from_attributes=True)

    state: Standing
    version: int = Field(description="The newest one")
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    because: str | None


@router.get("/plans/{plan_id}/standing", responses=NOT_FOUND)
async def get_standing(
    plan_id: Identifier, caller: Reader, station: Here, response: Response
) -> StandingOut:
    """The plan's standing, in use or withdrawn, and its ETag."""
    found = await station.store.read(lambda tx: withdrawal.get_standing(tx, plan_id))
    return _out(found, response)


@router.post("/plans/{plan_id}/withdraw", responses=_CHANGED)
async def withdraw(
    plan_id: Identifier,
    caller: Configurer,  # before the body is read
    body: WhyIn,
    station: Here,
    response: Response,
    if_match: IfMatch = None,
) -> StandingOut:
    """No site may follow the plan of this ETag from now on, and nobody changes it; what is open
    goes on. 409 while a site follows it, suspended or to come back, and where alarms fall back on
    it."""
    revision, now = needed(if_match, "plan"), station.clock()
    found = await station.store.write(
        lambda tx: withdrawal.withdraw(tx, plan_id, revision, body.why, caller.name, now)
    )
    return _out(found, response)


@router.post("/plans/{plan_id}/bring-back", responses=_CHANGED)
async def bring_back(
    plan_id: Identifier,
    caller: Configurer,
    body: WhyIn,
    station: Here,
    response: Response,
    if_match: IfMatch = None,
) -> StandingOut:
    """The withdrawn plan of this ETag may be followed and changed again, as it was."""
    revision, now = needed(if_match, "plan"), station.clock()
    found = await station.store.write(
        lambda tx: withdrawal.bring_back(tx, plan_id, revision, body.why, caller.name, now)
    )
    return _out(found, response)


def _out(found: withdrawal.PlanStanding, response: Response) -> StandingOut:
    response.headers["ETag"] = tag(found.revision)
    return StandingOut.model_validate(found)
