"""An alarm's report, for the API and the pages. Who has it made is told."""

from typing import Any
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import FileResponse

from callflow.core.records.documents import DocumentKind
from callflow.core.records.reports.widths import Width
from callflow.handling.records import documents
from callflow.paper import reports
from callflow.paper.press import Busy, Unprintable
from callflow.storage.records import documents as rows
from web.access import confidential
from web.kit import files
from web.kit.problems import ProblemError, not_found
from web.station import Station

#: What the API says of it.
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}, "description": "PDF/A-2b, tagged"}
}


#: What an operator does not open.
_SUPERVISORS = (DocumentKind.EVIDENCE, DocumentKind.AUDIT)


async def made(
    station: Station, incident_id: str, width: Width, who: str, language: str = ""
) -> Response:
    """The report as the alarm stands now, which ``who`` reads. Raises NotFound, Refused, and a
    problem where it can't be laid out."""
    try:
        report = await reports.make(station.store, station.settings, incident_id, width, language)
    except Busy as busy:
        raise ProblemError(503, str(busy), headers={"Retry-After": "60"}) from None
    except Unprintable as wrong:
        raise ProblemError(503, str(wrong)) from None
    now = station.clock()
    await confidential.once(
        station,
        lambda tx: documents.is_seen(tx, incident_id, width, who, now),
        lambda tx: documents.seen(tx, incident_id, width, who, now),
    )
    return answer(report.name, report.content)


async def kept(station: Station, document_id: str, who: str, *, supervises: bool) -> FileResponse:
    """A document as it was made, which ``who`` opens. Raises a problem where there is none."""
    document = await station.store.read(lambda tx: rows.get(tx, document_id))
    if document is None:
        raise not_found("document")
    if document.kind in _SUPERVISORS and not supervises:
        raise ProblemError(403, "your role does not allow this")
    path = await files.find(station.settings.documents_dir, document.path, "")
    now = station.clock()
    await confidential.once(
        station,
        lambda tx: documents.is_open(tx, document_id, who, now),
        lambda tx: documents.opened(tx, document, who, now),
    )
    return files.answer(path)


def answer(name: str, content: bytes) -> Response:
    """A PDF that a browser shows and nobody keeps: it is confidential."""
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    shown = f"inline; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": shown, "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
