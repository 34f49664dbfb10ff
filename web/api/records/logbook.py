"""``GET logbook``: what happened, oldest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from callflow.storage.records import logbook
from web.access.bearer import Caller, allowed
from web.access.users import Right
from web.api import paging, reading
from web.api.shapes import EntryOut, Page
from web.kit.problems import RESPONSES
from web.station import Station, station_of

router = APIRouter(tags=["logbook"], responses=RESPONSES)


@router.get("/logbook")
async def list_entries(
    caller: Annotated[Caller, Depends(allowed(Right.READ))],
    station: Annotated[Station, Depends(station_of)],
    incident: Annotated[str | None, Query(max_length=64)] = None,
    site: Annotated[str | None, Query(max_length=64)] = None,
    since: paging.Since = None,
    after: paging.After = None,
    limit: paging.Limit = 100,
) -> Page[EntryOut]:
    """Entries of the whole station, of a site, or of an incident."""
    start = paging.number_of(after)
    rows = await station.store.read(
        lambda tx: logbook.page(
            tx, incident=incident, site=site, since=since, after=start, limit=limit + 1
        )
    )
    shown, following = paging.page(rows, limit, lambda row: paging.encode(row["number"]))
    return Page[EntryOut].model_validate(
        {"items": [reading.entry(row) for row in shown], "next": following}
    )
