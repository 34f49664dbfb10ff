"""An alarm's report in a browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from callflow.core.records.reports.widths import Width
from web.access.sessions import Reader
from web.pages.alarms import report_files
from web.station import Here

router = APIRouter(include_in_schema=False)


@router.get("/incidents/{incident_id}/report.pdf")
async def show(
    incident_id: str,
    visitor: Reader,
    station: Here,
    width: Annotated[Width, Query(alias="for")] = Width.FULL,
) -> Response:
    """The PDF, in the client's language."""
    return await report_files.made(station, incident_id, width, visitor.name)
