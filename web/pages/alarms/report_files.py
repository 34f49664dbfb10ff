"""An alarm's report, for the API and the pages. Who has it made is told."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import Response

from callflow.core.records.reports.widths import Width
from callflow.handling.records import documents
from callflow.paper import reports
from callflow.paper.press import Busy, Unprintable
from web.access import confidential
from web.kit.problems import ProblemError
from web.station import Station

#: What the API says of it.
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}, "description": "PDF/A-2b, tagged"}
}


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


def answer(name: str, content: bytes) -> Response:
    """A PDF that a browser shows and nobody keeps: it is confidential."""
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    shown = f"inline; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": shown, "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
