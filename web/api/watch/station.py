"""``GET station``: every organ of the station, as the doctor, health, metrics and the pages say."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from callflow.core.watch.organs import Part, Reason, State
from web.access.bearer import Caller, allowed_before
from web.access.users import Right
from web.api.watch.health import read_health
from web.kit.problems import RESPONSES
from web.station import Here

router = APIRouter(tags=["health"], responses=RESPONSES)


class OrganOut(BaseModel):
    """One part of the station."""

    organ: str = Field(description="What it is called, such as clock or trunk:alpha")
    part: Part
    name: str = Field(description="Which of several it is")
    node: str = Field(description="The node or the machine that has it")
    state: State
    reason: Reason | None = Field(description="Why it isn't ok")
    detail: str
    since: datetime | None = Field(description="null where it was not noted")
    figure: float | None = Field(description="What was measured, in `unit`")
    unit: str
    limit: float | None
    incident: str | None = Field(description="The open alarm about it")
    counts: bool = Field(description="Whether the station's status is judged by it, too")


class StationOut(BaseModel):
    """Every organ, those whose faults explain others' first."""

    status: str = Field(description="ok, degraded or failed")
    as_of: datetime = Field(description="Older where the database can't be read")
    items: list[OrganOut]


@router.get("/station")
async def get_station(
    caller: Annotated[Caller, Depends(allowed_before(Right.READ))], station: Here
) -> StationOut:
    """Every organ: `ok`, `degraded`, `failed` or `unknown`, which is never `ok`."""
    health = await read_health(station)
    return StationOut.model_validate({**health, "items": health["organs"]})
