"""Monthly reports: who is sent one, and those that were made. A supervisor's."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from callflow.core.records.documents import DocumentKind
from callflow.core.records.monthly import Subject
from callflow.handling.base.refusals import Refused
from callflow.handling.records import documents, monthly
from callflow.handling.records.statistics import View
from callflow.paper import shelf
from callflow.storage import Tx
from callflow.storage.records import documents as document_rows
from callflow.storage.records import monthly as rows
from web.access.sessions import Supervisor, Visitor
from web.access.views import frame
from web.kit import forms
from web.kit.problems import ProblemError, not_found
from web.kit.refusals import Wrong, said, status_of, tried, typed_again
from web.kit.rendering import page
from web.kit.words import LANGUAGES
from web.pages.records.statistics import Filters
from web.station import Here, Station

router = APIRouter(include_in_schema=False)

_ADDRESS = "/statistics/reports"
#: Reports that were made, shown.
_MOST = 100


@router.get(_ADDRESS)
async def show(visitor: Supervisor, station: Here) -> Response:
    """Who is sent a report each month, and the last ones."""
    return await _page(station, visitor)


@router.post(_ADDRESS)
async def add(request: Request, visitor: Supervisor, station: Here) -> Response:
    """One more is sent."""
    form = await forms.sent(request)
    now = station.clock()

    def run(tx: Tx) -> str:
        subject = forms.one_of(Subject, form, "subject")
        key, to = forms.line(form, "subject_id"), forms.line(form, "to")
        language = form.get("language", "")
        language = language if language in LANGUAGES else LANGUAGES[0]
        return monthly.subscribe(tx, subject, key, to, language, visitor.name, now)

    return await _done(station, visitor, await tried(station, run), form)


@router.post(f"{_ADDRESS}/{{subscription_id}}/remove")
async def remove(subscription_id: str, visitor: Supervisor, station: Here) -> Response:
    """It is sent no more."""
    now = station.clock()
    wrong = await tried(
        station, lambda tx: monthly.unsubscribe(tx, subscription_id, visitor.name, now)
    )
    return await _done(station, visitor, wrong)


@router.get(f"{_ADDRESS}/{{document_id}}.pdf")
async def read(document_id: str, visitor: Supervisor, station: Here) -> Response:
    """A report that was made; that it is read is told."""
    document = await station.store.read(lambda tx: document_rows.get(tx, document_id))
    if document is None or document.kind is not DocumentKind.STATISTICS:
        raise not_found("report")
    try:
        content = await shelf.read(station.settings, document)
    except (OSError, ValueError):
        raise not_found("report") from None
    now = station.clock()
    await station.store.write(lambda tx: documents.opened(tx, document, visitor.name, now))
    name = f'inline; filename="callflow-{document.made_at:%Y-%m-%d}.pdf"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


async def _done(
    station: Station, visitor: Visitor, done: object, form: Mapping[str, str] | None = None
) -> Response:
    if isinstance(done, Refused | ProblemError):
        return await _page(station, visitor, done, form)
    return RedirectResponse(f"{_ADDRESS}?saved=reports", 303)


async def _page(
    station: Station,
    visitor: Visitor,
    wrong: Wrong | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    def read(tx: Tx) -> dict[str, Any]:
        known = rows.subscriptions(tx)
        return {
            **frame(tx, station, visitor, "statistics"),
            "subscriptions": [(s, rows.name_of(tx, s.subject, s.subject_id)) for s in known],
            "made": rows.latest(tx, _MOST),
        }

    values = await station.store.read(read)
    values |= {
        "view": "reports",
        "views": [each.value for each in View],
        "filters": Filters(),
        "subjects": [each.value for each in Subject],
        "typed": typed_again(form),
        **said(wrong, visitor.language),
    }
    return page(visitor.language, "records/monthly.html", values, status_of(wrong))
