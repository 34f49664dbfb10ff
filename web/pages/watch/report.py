"""The yearly report for an auditor: made when it is asked for, and those that were made."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.records.documents import DocumentKind
from callflow.handling.base.policy import STATION_ZONE
from callflow.handling.records import yearly
from callflow.paper import yearly as paper
from callflow.paper.press import Busy, Unprintable
from callflow.storage import Tx
from callflow.storage.records import documents
from web.access.sessions import Supervisor, Visitor
from web.access.views import frame
from web.kit import forms, refusals
from web.kit.problems import ProblemError
from web.kit.refusals import Wrong
from web.kit.rendering import page
from web.kit.words import LANGUAGES
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_ADDRESS = "/station/report"
#: The first year that may be asked for; reports shown.
_FIRST, _MOST = 2020, 50


@router.get(_ADDRESS)
async def show(visitor: Supervisor, station: Here) -> Response:
    """The reports that were made."""
    return await _page(station, visitor)


@router.post(_ADDRESS)
async def make(request: Request, visitor: Supervisor, station: Here) -> Response:
    """The report of a year as it stands now."""
    form, now = await forms.sent(request), station.clock()
    this_year = now.astimezone(STATION_ZONE).year
    language = form.get("language", "")
    language = language if language in LANGUAGES else visitor.language
    try:
        year = forms.whole(form, "year", this_year)
        if year < _FIRST:
            raise ProblemError(422, "choose a year", field="year")
        said = await station.store.read(
            lambda tx: yearly.content(tx, year, station.settings, language, now)
        )
        await paper.keep(station.store, station.settings, said, visitor.name, now)
    except (Busy, Unprintable) as wrong:
        return await _page(station, visitor, ProblemError(503, str(wrong)))
    except ProblemError as wrong:
        return await _page(station, visitor, wrong)
    return RedirectResponse(f"{_ADDRESS}?saved=report", 303)


async def _page(station: Station, visitor: Visitor, wrong: Wrong | None = None) -> Response:
    now = station.clock()

    def read(tx: Tx) -> dict[str, object]:
        return {
            **frame(tx, station, visitor, "station"),
            "made": documents.of_kind(tx, DocumentKind.AUDIT, limit=_MOST),
        }

    this_year = now.astimezone(STATION_ZONE).year
    values = await station.store.read(read)
    values |= {
        "years": [this_year - ago for ago in range(min(6, this_year - _FIRST + 1))],
        **refusals.said(wrong, visitor.language),
    }
    return page(visitor.language, "watch/report.html", values, refusals.status_of(wrong))
