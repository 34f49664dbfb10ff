"""``sites/{id}/contacts/{contact}/duties.ics`` and ``absences.ics``: calendars as iCalendar."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from callflow.core.time import ical
from callflow.core.time.hours import CalendarError
from callflow.handling.base.fields import Identifier, Line
from callflow.handling.sites import calendars
from web.access.bearer import Configurer, Reader
from web.kit.problems import NOT_FOUND, RESPONSES, ProblemError
from web.station import Here

router = APIRouter(tags=["calendars"], responses={**RESPONSES, **NOT_FOUND})

_MEDIA_TYPE = "text/calendar"
_FILE: dict[str, Any] = {"content": {_MEDIA_TYPE: {"schema": {"type": "string"}}}}
_PATH = "/sites/{site_id}/contacts/{contact}/{which}.ics"

Which = Literal["duties", "absences"]
Matching = Annotated[
    Line, Query(description="Only events with this in their summary or categories")
]


class CalendarOut(BaseModel):
    """What was read of a file."""

    times: int = Field(description="From now on; what touches or overlaps is one")
    events: int
    passed_over: int = Field(description="Cancelled, blocking no time, or not asked for")
    until: datetime = Field(description="How far it was read: send it again before then")


@router.get(_PATH, response_class=Response, responses={200: _FILE})
async def get_calendar(
    site_id: Identifier,
    contact: Identifier,
    which: Which,
    caller: Reader,
    station: Here,
) -> Response:
    """Absences, or the hours of the coming year in which the contact can be called; empty for
    one who always can."""
    now, absences = station.clock(), which == "absences"
    data = await station.store.read(
        lambda tx: calendars.export_calendar(tx, site_id, contact, absences=absences, now=now)
    )
    return Response(data, media_type=_MEDIA_TYPE)


@router.put(_PATH, openapi_extra={"requestBody": {**_FILE, "required": True}})
async def put_calendar(
    site_id: Identifier,
    contact: Identifier,
    which: Which,
    request: Request,
    caller: Configurer,
    station: Here,
    matching: Matching = "",
) -> CalendarOut:
    """The file's times of the coming year replace those kept before. Times without a zone are
    the site's. Repeated events are followed; none may repeat within a day."""
    data, now, absences = await request.body(), station.clock(), which == "absences"
    zone = await station.store.read(lambda tx: calendars.zone_of(tx, site_id, contact))
    try:  # apart: a file that repeats much takes seconds
        found = await asyncio.to_thread(
            ical.read, data, zone, now, absences=absences, matching=matching
        )
    except CalendarError as error:
        raise ProblemError(422, error.message, field=error.field) from None
    await station.store.write(
        lambda tx: calendars.import_calendar(
            tx, site_id, contact, found, absences=absences, who=caller.name, now=now
        )
    )
    return CalendarOut(
        times=len(found.spans),
        events=found.events,
        passed_over=found.passed_over,
        until=found.until,
    )
