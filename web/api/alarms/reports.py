"""``GET incidents/{id}/report.pdf``: an alarm's report, for its client, the maintenance firm, or
complete."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from callflow.core.records.reports.widths import Width
from web.access.bearer import Reader
from web.kit.problems import CONFLICT, NOT_FOUND, RESPONSES
from web.pages.alarms import report_files
from web.station import Here

router = APIRouter(tags=["incidents"], responses={**RESPONSES, **NOT_FOUND, **CONFLICT})


@router.get(
    "/incidents/{incident_id}/report.pdf", response_class=Response, responses=report_files.PDF
)
async def get_report(
    incident_id: str,
    caller: Reader,
    station: Here,
    width: Annotated[Width, Query(alias="for", description="For whom it is")] = Width.FULL,
    language: Annotated[
        Literal["fr", "en"] | None, Query(description="Left out: the client's")
    ] = None,
) -> Response:
    """The report as the alarm stands now: the same facts give the same bytes. 503 with what to
    install where this machine can't lay out documents."""
    return await report_files.made(station, incident_id, width, caller.name, language or "")
