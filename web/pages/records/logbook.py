"""The logbook as a page: searched, and who looked at what (recordings, passwords, numbers)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from callflow.core.records.logbook import MACHINE, Entry
from callflow.handling.records import playbacks
from callflow.storage import Tx
from callflow.storage.records import logbook
from callflow.storage.sites import sites
from web.access.sessions import Reader
from web.access.views import frame
from web.kit import i18n
from web.kit.listing import Day, Words
from web.kit.problems import ProblemError
from web.kit.rendering import page
from web.pages.records.entries import entries_shown
from web.station import Here

router = APIRouter(include_in_schema=False)

#: Entries of one page; days shown where none is asked for.
_MOST, _DAYS = 50, 7
#: What is looked for, by the name that the form sends; ``LOOKED`` is who saw what is confidential.
EVERYTHING, PEOPLE, LOOKED = "", "people", "looked"
_LOOKED_AT = (
    *(playbacks.RECORDING, playbacks.SPOKEN, "images_seen", playbacks.IMAGE, playbacks.CLIP),
    *("password_revealed", "line_revealed", "listened_in"),
)


@router.get("/logbook")
async def show(
    visitor: Reader,
    station: Here,
    q: Words = "",
    site: Words = "",
    who: Words = "",
    what: Words = EVERYTHING,
    since: Day = "",
    until: Day = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """What happened, the newest first; the last week where no day is chosen."""
    if what not in (EVERYTHING, PEOPLE, LOOKED):
        raise ProblemError(422, "choose one of people, looked", field="what")
    today = station.clock().astimezone(ZoneInfo(i18n.STATION_ZONE)).date()
    last = day_in(until, "until") or today
    first = day_in(since, "since") or last - timedelta(days=_DAYS - 1)
    asked = {"q": q, "site": site, "who": who, "what": what, "since": since, "until": until}

    def read(tx: Tx) -> dict[str, Any]:
        begin, end = begin_of(first), begin_of(last + timedelta(days=1))
        words = q.replace("\0", "").strip()
        if what == LOOKED:
            found = logbook.of_kinds(
                tx,
                _LOOKED_AT,
                since=begin,
                until=end - timedelta(microseconds=1),
                before=before,
                site=site,
                who=who.strip(),
                words=words,
                limit=_MOST + 1,
            )
        else:
            found = logbook.search(
                tx,
                since=begin,
                until=end,
                before=before,
                site=site,
                who=who.strip(),
                people=what == PEOPLE,
                words=words,
                limit=_MOST + 1,
            )
        of_site = sites.get(tx, site) if site else None
        return {
            **frame(tx, station, visitor, "logbook"),
            **shown(tx, found, _MOST),
            "site_name": of_site.name if of_site else site,
        }

    given = {name: value for name, value in asked.items() if value}
    values = {
        **asked,
        "machine": MACHINE,
        "first": first,
        "last": last,
        "address": lambda number: f"/logbook?{urlencode({**given, 'before': number})}",
    }
    return page(
        visitor.language, "records/logbook.html", {**values, **await station.store.read(read)}
    )


def shown(tx: Tx, found: logbook.Found, most: int) -> dict[str, Any]:
    """A page of ``most`` entries, of which one more was asked for; the number after which ``older``
    ones are, and how far a search for words ``looked``, where there may be more."""
    full = len(found.entries) > most
    last: Entry | logbook.Place | None = found.entries[most - 1] if full else found.beyond
    return {
        "entries": entries_shown(tx, found.entries[:most]),
        "older": last.number if last else None,
        "looked": last.at if last and not full else None,
    }


def day_in(said: str, field: str) -> date | None:
    """The day that was said in ``field``; None: none. Raises ProblemError."""
    try:
        day = date.fromisoformat(said) if said else None
    except ValueError:
        raise ProblemError(422, "choose a day", field=field) from None
    if day is not None and not 2000 <= day.year < 3000:
        raise ProblemError(422, "choose a day", field=field)
    return day


def begin_of(day: date) -> datetime:
    """A day's first moment at the station, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(i18n.STATION_ZONE)).astimezone(UTC)
