"""``GET logbook``: what happened, oldest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from callflow.storage.records import logbook
from web.access.bearer import Reader
from web.api import paging
from web.api.shapes import EntryOut, Page
from web.kit.problems import RESPONSES
from web.station import Here

router = APIRouter(tags=["logbook"], responses=RESPONSES)


@router.get("/logbook")
async def list_entries(
    caller: Reader,
    station: Here,
    incident: Annotated[str | None, Query(max_length=64)] = None,
    site: Annotated[str | None, Query(max_length=64)] = None,
    since: paging.Since = None,
    after: paging.After = None,
    limit: paging.Limit = 100,
) -> Page[EntryOut]:
    """Entries of the whole station, of a site, or of an incident."""
    start = paging.number_of(after)
    entries = await station.store.read(
        lambda tx: logbook.page(
            tx, incident=incident, site=site, since=since, after=start, limit=limit + 1
        )
    )
    shown, following = paging.page(entries, limit, lambda entry: paging.encode(entry.number))
    return Page(items=[EntryOut.model_validate(entry) for entry in shown], next=following)
