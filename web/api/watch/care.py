"""``care``: what the failure of an organ costs, and who looks after it."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from callflow.core.watch import care as of
from callflow.core.watch.care import Care
from callflow.core.watch.organs import Part
from callflow.handling.base.fields import Line
from callflow.handling.sites.shape import Phone
from callflow.handling.watch import probes
from callflow.storage.watch import probes as rows
from web.access.bearer import Administrator, Reader
from web.api.shapes import Body
from web.kit.problems import RESPONSES
from web.station import Here

router = APIRouter(tags=["care"], responses=RESPONSES)

_Name = Annotated[
    Line, Query(max_length=128, description="Which of several; left out: all of that part")
]


class CareIn(Body):
    """Of an organ, or of all of a part."""

    cost: Annotated[str, Field(max_length=of.COST)] = ""
    keeper: Line = Field("", max_length=of.KEEPER)
    phone: Phone | None = Field(None, description="Called for it; null: whoever is on duty")


class CareOut(BaseModel):
    """The same, and of what."""

    part: Part
    name: str = Field(description="Empty: of all of that part")
    cost: str
    keeper: str
    phone: str | None


class CaresOut(BaseModel):
    """All that was said."""

    items: list[CareOut]
    next: None = None


@router.get("/care")
async def list_care(caller: Reader, station: Here) -> CaresOut:
    """Who looks after what."""
    found = sorted(await station.store.read(rows.cares), key=lambda one: (one.part, one.name))
    return CaresOut(items=[CareOut(**{**asdict(one), "phone": one.phone or None}) for one in found])


@router.put("/care/{part}", status_code=204)
async def set_care(
    part: Part, body: CareIn, caller: Administrator, station: Here, name: _Name = ""
) -> None:
    """It is looked after so from now on."""
    wanted = Care(part=part, name=name, **{**body.model_dump(), "phone": body.phone or ""})
    now = station.clock()
    await station.store.write(lambda tx: probes.set_care(tx, wanted, caller.name, now))


@router.delete("/care/{part}", status_code=204)
async def forget_care(part: Part, caller: Administrator, station: Here, name: _Name = "") -> None:
    """Nothing is said of it any more: whoever is on duty is called for it."""
    wanted, now = Care(part=part, name=name), station.clock()
    await station.store.write(lambda tx: probes.set_care(tx, wanted, caller.name, now))
