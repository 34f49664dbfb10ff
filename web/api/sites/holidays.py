"""``holidays``: which days are holidays of a place, and what the station says of its days."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from callflow.core.time import holidays
from callflow.core.time.holidays import OwnDay
from callflow.core.time.hours import CalendarError
from callflow.handling.base.fields import Identifier, Line
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.sites import own_days
from callflow.storage.sites import own_days as rows
from web.access.bearer import Configurer, Reader
from web.api.shapes import Body
from web.kit import holidays as kit_holidays
from web.kit.problems import NOT_FOUND, RESPONSES, ProblemError
from web.station import Here

router = APIRouter(tags=["holidays"], responses=RESPONSES)

_Year = Annotated[int | None, Query(ge=2000, le=2200, description="Left out: this one")]
_Reason = Annotated[Line, Query(min_length=1, description="Why, for the audit")]


class OwnDayIn(Body):
    """What the station says of a day: it counts in every calendar that follows the place."""

    country: Line = Field("FR", description="Two letters")
    region: Line | None = Field(None, description="A region's code or name; null: everywhere there")
    day: date
    holiday: bool = Field(description="It is one there, or none, whatever the public ones say")
    reason: Line = Field(min_length=1)
    years: int = Field(1, ge=1, le=own_days.MOST_YEARS, description="The same day of so many years")


class HolidayOut(BaseModel):
    """A day of which something is said. ``id``, ``reason``, ``by``: the station's own word, null
    where it says nothing itself."""

    day: date
    holiday: bool
    name: str = Field(description="The public holiday's; empty where it is none")
    id: str | None
    reason: str | None
    by: str | None


class HolidaysOut(BaseModel):
    """A year of a place, by day."""

    items: list[HolidayOut]
    next: None = None


class OwnDayOut(BaseModel):
    """One day that the station says something of."""

    id: str
    country: str
    region: str | None
    day: date
    holiday: bool
    reason: str


class OwnDaysOut(BaseModel):
    """What was written; days that were so already are left out."""

    items: list[OwnDayOut]
    next: None = None


@router.get("/holidays")
async def list_holidays(
    caller: Reader,
    station: Here,
    country: Annotated[Line, Query()] = "FR",
    region: Annotated[Line | None, Query()] = None,
    year: _Year = None,
) -> HolidaysOut:
    """The days of a year that are holidays of a place, and those that the station says are none."""
    number = year or station.clock().astimezone(STATION_ZONE).year
    try:
        place = holidays.read_place(country, region, "place")
    except CalendarError as error:
        field = error.field.removeprefix("place.")
        raise ProblemError(422, error.message, field=field) from None
    first, last = date(number, 1, 1), date(number + 1, 1, 1)
    own = await station.store.read(lambda tx: rows.rows(tx, place, first, last))
    return HolidaysOut(
        items=[
            HolidayOut(
                day=day.date,
                holiday=day.holiday,
                name=day.name,
                id=day.own and day.own.id,
                reason=day.own and day.own.reason,
                by=day.own and day.own.set_by,
            )
            for day in kit_holidays.days(place, number, own, "fr")
        ]
    )


@router.post("/holidays", status_code=201)
async def set_days(body: OwnDayIn, caller: Configurer, station: Here) -> OwnDaysOut:
    """Says of a day, in a country or a region of it, that it is a holiday, or is none."""
    now = station.clock()
    try:
        days = own_days.each_year(body.day, body.years)
    except CalendarError as error:
        raise ProblemError(422, error.message, field=error.field) from None
    made = await station.store.write(
        lambda tx: own_days.set_days(
            tx, body.country, body.region, days, body.holiday, body.reason, caller.name, now
        )
    )
    return OwnDaysOut(items=[_out(day) for day in made])


@router.delete("/holidays/{day_id}", status_code=204, responses=NOT_FOUND)
async def forget_day(
    day_id: Identifier, reason: _Reason, caller: Configurer, station: Here
) -> None:
    """Takes back what the station said of a day: the public holidays count there again."""
    now = station.clock()
    await station.store.write(lambda tx: own_days.forget_day(tx, day_id, reason, caller.name, now))


def _out(day: OwnDay) -> OwnDayOut:
    return OwnDayOut(
        id=day.id,
        country=day.place.country,
        region=day.place.region,
        day=day.day,
        holiday=day.holiday,
        reason=day.reason,
    )
