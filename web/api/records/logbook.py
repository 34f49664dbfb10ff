"""``GET logbook``: what happened, oldest first; and an entry that corrects another."""

from typing import Annotated

from fastapi import APIRouter, Query

from callflow.core.records.logbook import Entry
from callflow.handling.base.fields import Long
from callflow.handling.records import corrected_entries
from callflow.handling.records.lookup import Question, look_up
from callflow.storage import Tx
from callflow.storage.records import logbook
from web.access.bearer import Handler, Reader
from web.api import paging
from web.api.shapes import Body, EntryOut, Page
from web.kit.problems import NOT_FOUND, RESPONSES
from web.station import Here


class CorrectionIn(Body):
    """What an entry should have said."""

    text: Long


router = APIRouter(tags=["logbook"], responses=RESPONSES)


@router.get("/logbook")
async def list_entries(
    caller: Reader,
    station: Here,
    q: Annotated[
        str,
        Query(
            max_length=200,
            description="Words (accents and plurals don't count; “…” is a phrase) and numbers",
        ),
    ] = "",
    person: Annotated[str, Query(max_length=200, description="Who wrote it, or is named")] = "",
    kind: Annotated[str, Query(max_length=32, description="Of this kind only")] = "",
    incident: Annotated[str | None, Query(max_length=64)] = None,
    site: Annotated[str | None, Query(max_length=64)] = None,
    since: paging.Since = None,
    until: paging.Until = None,
    after: paging.After = None,
    limit: paging.Limit = 100,
) -> Page[EntryOut]:
    """Entries of the whole station, of a site, or of an incident: those in which something stands.

    Where very many are not in the index of words yet, a page may be short or empty: `next` says
    whether there are more.
    """
    start = paging.number_of(after)
    words = q.replace("\0", "").strip()
    asked = Question(
        text=words,
        site_id=site,
        incident=incident,
        person=person.replace("\0", "").strip(),
        kinds=[kind] if kind else (),
        since=since,
        until=until,
        after=start or None,
        limit=limit + 1,
        oldest_first=True,
    )

    def read(tx: Tx) -> tuple[list[Entry], int | None]:
        if not (words or asked.person or kind or until):
            found = logbook.page(
                tx, incident=incident, site=site, since=since, after=start, limit=limit + 1
            )
            return found, None
        answer = look_up(tx, asked)
        return answer.entries, answer.beyond.number if answer.beyond else None

    entries, beyond = await station.store.read(read)
    shown, following = paging.page(entries, limit, lambda entry: paging.encode(entry.number))
    if following is None and beyond is not None:
        following = paging.encode(beyond)
    return Page(items=[EntryOut.model_validate(entry) for entry in shown], next=following)


@router.post("/logbook/{entry_id}/correct", status_code=201, responses=NOT_FOUND)
async def correct(entry_id: str, body: CorrectionIn, caller: Handler, station: Here) -> EntryOut:
    """Another entry says what this one should have said (D27): neither is ever changed."""
    now = station.clock()

    def run(tx: Tx) -> Entry:
        corrected_entries.correct(tx, entry_id, body.text, caller.name, now)
        return logbook.corrections(tx, logbook.of_ids(tx, [entry_id]))[entry_id][-1]

    return EntryOut.model_validate(await station.store.write(run))
