"""An alarm's report in a browser: read, sent, and what is kept."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from callflow.core.messages.outbox import Channel
from callflow.core.records.reports.widths import Width
from callflow.handling.base.refusals import Refused
from callflow.handling.records import report_sending
from callflow.storage import Tx
from web.access.sessions import Handler, Reader
from web.access.users import Right
from web.kit import forms
from web.kit.problems import ProblemError
from web.kit.refusals import not_dialled
from web.pages.alarms import incident, report_files
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


@router.post("/incidents/{incident_id}/send-report")
async def send(incident_id: str, request: Request, visitor: Handler, station: Here) -> Response:
    """Has it sent by mail or by fax, with the station's letter; printed, or put with what is to be
    posted."""
    form, now = await forms.sent(request), station.clock()
    width, to = forms.one_of(Width, form, "for"), forms.line(form, "to").strip()
    chosen = forms.line(form, "way")
    if chosen not in ("", Channel.POST, *map(report_sending.printed_by, station.settings.printers)):
        raise ProblemError(422, "the station has no such printer", field="way")
    supervises = Right.SUPERVISE in visitor.rights

    def sending(tx: Tx) -> object:
        try:
            way, address = report_sending.way_to(to, chosen)
            return report_sending.send(
                tx, incident_id, width, way, address, visitor.name, now, supervises=supervises
            )
        except Refused as wrong:
            raise not_dialled(wrong, visitor.language) from None

    return await incident.answer(request, station, visitor, incident_id, sending)


@router.get("/documents/{document_id}")
async def kept(document_id: str, visitor: Reader, station: Here) -> Response:
    """A document as it was made; an evidence file takes a supervisor."""
    return await report_files.kept(
        station, document_id, visitor.name, supervises=Right.SUPERVISE in visitor.rights
    )
