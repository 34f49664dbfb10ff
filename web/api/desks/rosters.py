"""``roster``: who is to be there, or called, from when to when; ``shifts``: who is there now."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from callflow.core.desks.roster import LONGEST, Part
from callflow.core.time import ical
from callflow.core.time.hours import Span
from callflow.handling.base.fields import Identifier, Line
from callflow.handling.desks import rosters
from callflow.handling.sites.shape import Phone
from callflow.storage.desks import rosters as rows
from callflow.storage.desks import shifts
from web.access.bearer import Configurer, Reader
from web.api.shapes import Body, Instant
from web.kit.problems import NOT_FOUND, RESPONSES, ProblemError
from web.station import Here

router = APIRouter(tags=["roster"], responses=RESPONSES)

_FILE: dict[str, Any] = {"content": {"text/calendar": {"schema": {"type": "string"}}}}
_WEEK = timedelta(days=7)


class DutyIn(Body):
    """One person's duty. An operator is a user of the station; who is called has a number."""

    part: Part
    name: Line = Field(min_length=1)
    phone: Phone | None = None
    begins_at: Instant
    ends_at: Instant = Field(description="At most 31 days after its beginning")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if not self.begins_at < self.ends_at <= self.begins_at + LONGEST:
            raise ValueError("ends_at must be within 31 days after begins_at")
        return self


class DutyOut(BaseModel):
    """One duty of the roster."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    part: Part
    name: str
    phone: str | None
    begins_at: datetime
    ends_at: datetime


class RosterOut(BaseModel):
    """Duties by their beginnings."""

    items: list[DutyOut]
    next: None = None


class ShiftOut(BaseModel):
    """Somebody who is on shift."""

    id: str
    name: str
    role: str
    began_at: datetime


class ShiftsOut(BaseModel):
    """Who is on shift, the longest first."""

    items: list[ShiftOut]
    next: None = None


@router.get("/shifts")
async def list_shifts(caller: Reader, station: Here) -> ShiftsOut:
    """Who is on shift now."""
    found = await station.store.read(shifts.on_shift)
    return ShiftsOut.model_validate({"items": found}, from_attributes=True)


@router.get("/roster")
async def list_duties(
    caller: Reader,
    station: Here,
    since: Annotated[Instant | None, Query(description="From then on; left out: now")] = None,
    until: Annotated[Instant | None, Query(description="Left out: a week later")] = None,
) -> RosterOut:
    """Duties that have some part of that time; at most 400 days of it."""
    start = since or station.clock()
    end = until or start + _WEEK
    if not start < end <= start + rosters.LONGEST:
        raise ProblemError(422, "must be within 400 days after since", field="until")
    found = await station.store.read(lambda tx: rows.between(tx, start, end))
    return RosterOut(items=[DutyOut.model_validate(duty) for duty in found])


@router.get("/roster.ics", response_class=Response, responses={200: _FILE})
async def calendar(
    name: Annotated[Line, Query(min_length=1)], caller: Reader, station: Here
) -> Response:
    """One person's duties of the coming year, for their own calendar."""
    now = station.clock()
    found = await station.store.read(lambda tx: rows.between(tx, now, now + rosters.LONGEST))
    spans = [duty.span for duty in found if duty.name == name]
    data = ical.write(spans, key=f"roster {name}", summary=f"Callflow: {name}", now=now)
    return Response(data, media_type="text/calendar")


@router.post("/roster", status_code=201)
async def add_duty(body: DutyIn, caller: Configurer, station: Here) -> DutyOut:
    """Writes somebody into the roster."""
    now, span = station.clock(), Span(body.begins_at, body.ends_at)
    (made,) = await station.store.write(
        lambda tx: rosters.add_duties(
            tx, body.part, body.name, body.phone, [span], caller.name, now
        )
    )
    return DutyOut.model_validate(made)


@router.delete("/roster/{duty_id}", status_code=204, responses=NOT_FOUND)
async def remove_duty(duty_id: Identifier, caller: Configurer, station: Here) -> None:
    """Takes a duty out of the roster."""
    now = station.clock()
    await station.store.write(lambda tx: rosters.remove_duty(tx, duty_id, caller.name, now))
