"""The logbook as a page: searched, and who looked at what (recordings, passwords, numbers)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response

from callflow.handling import played
from callflow.logbook import MACHINE
from callflow.storage import Tx, logbook, sites
from web import i18n, views
from web.access_views import frame
from web.accounts import Right
from web.auth import Visitor, allowed, remember_language
from web.problems import ProblemError
from web.rendering import page
from web.station import Station, station_of

router = APIRouter(include_in_schema=False)

#: Entries of one page; days shown where none is asked for.
_MOST, _DAYS = 50, 7
#: What is looked for, by the name that the form sends; ``LOOKED`` is who saw what is confidential.
EVERYTHING, PEOPLE, LOOKED = "", "people", "looked"
_LOOKED_AT = (
    *(played.RECORDING, played.SPOKEN),
    *("password_revealed", "line_revealed", "listened_in"),
)

_Line = Annotated[str, Query(max_length=100)]
_Day = Annotated[str, Query(max_length=10)]


@router.get("/logbook")
async def show(
    request: Request,
    visitor: Annotated[Visitor, Depends(allowed(Right.READ))],
    station: Annotated[Station, Depends(station_of)],
    q: _Line = "",
    site: _Line = "",
    who: _Line = "",
    what: _Line = EVERYTHING,
    since: _Day = "",
    until: _Day = "",
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
        rows = logbook.search(
            tx,
            since=begin_of(first),
            until=begin_of(last + timedelta(days=1)),
            before=before,
            site=site,
            who=who.strip(),
            people=what == PEOPLE,
            kinds=_LOOKED_AT if what == LOOKED else (),
            words=q.replace("\0", "").strip(),
            limit=_MOST + 1,
        )
        of_site = sites.site_row(tx, site) if site else None
        return {
            **frame(tx, station, visitor, "logbook"),
            "entries": views.everything_told(tx, rows[:_MOST]),
            "older": rows[_MOST - 1]["number"] if len(rows) > _MOST else None,
            "site_name": of_site["name"] if of_site else site,
        }

    given = {name: value for name, value in asked.items() if value}
    values = {
        **asked,
        "machine": MACHINE,
        "first": first,
        "last": last,
        "address": lambda number: f"/logbook?{urlencode({**given, 'before': number})}",
    }
    answer = page(visitor.language, "logbook.html", {**values, **await station.store.read(read)})
    remember_language(request, answer)
    return answer


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
