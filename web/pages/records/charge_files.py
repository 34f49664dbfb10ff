"""Chargeable acts of a month as a file for a spreadsheet: CSV or XLSX."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query
from fastapi.responses import StreamingResponse

from callflow.core.plans.measure import ONE
from callflow.core.records import charges
from callflow.core.sites.files.writing import Figure, to_csv, to_xlsx
from callflow.storage.records.charges import Listed
from callflow.texts import word
from callflow.texts.charges import ACTS, PRICED_BY, UNITS
from web.kit import i18n
from web.kit.problems import ProblemError

#: A month as its pages are addressed: 2026-11.
Month = Annotated[str, Query(max_length=7, description="Year and month, such as 2026-11")]
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_BATCH = 500
_HEAD = {
    "fr": (
        *("Client", "N° client", "Site", "N° site", "Fait le", "Acte", "Unité", "Quantité"),
        *("Prix unitaire", "Montant", "Prix de", "Alarme", "Motif", "Par", "Annule", "Ligne"),
    ),
    "en": (
        *("Client", "Client id", "Site", "Site id", "Done", "Act", "Unit", "Quantity"),
        *("Unit price", "Amount", "Price of", "Incident", "Why", "By", "Corrects", "Row"),
    ),
}
_WIDE = (28, 12, 28, 10, 18, 30, 8, 10, 12, 12, 12, 34, 40, 18, 34, 34)


def month_of(text: str) -> tuple[datetime, datetime]:
    """(begin, end) of a month, by the station's clock. Raises a problem."""
    told = _MONTH.fullmatch(text)
    if told is None:
        raise ProblemError(422, "write the month as 2026-11", field="month")
    return charges.month(int(told[1]), int(told[2]), ZoneInfo(i18n.STATION_ZONE))


def this_month(now: datetime) -> str:
    """The month that a page shows unless another is asked for."""
    return now.astimezone(ZoneInfo(i18n.STATION_ZONE)).strftime("%Y-%m")


def charges_file(
    found: Sequence[Listed], language: str, format: str, month: str
) -> StreamingResponse:
    """The rows as a file, a line each."""
    batches = _batches(found, language)
    head = _HEAD[language]
    if format == "xlsx":
        data = to_xlsx(head, batches, month, _WIDE)
    else:
        data = to_csv(head, batches, language)
    name = f'attachment; filename="callflow-{month}.{format}"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return StreamingResponse(data, media_type=FORMATS[format], headers=headers)


def _batches(found: Sequence[Listed], language: str) -> Iterator[list[tuple[str, ...]]]:
    for begin in range(0, len(found), _BATCH):
        yield [_line(charge, language) for charge in found[begin : begin + _BATCH]]


def _line(charge: Listed, language: str) -> tuple[str, ...]:
    at = charge.at.astimezone(ZoneInfo(i18n.STATION_ZONE))
    return (
        *(charge.client_name, charge.client_id, charge.site_name, charge.site_id),
        at.strftime("%Y-%m-%d %H:%M"),
        word(ACTS, charge.kind, language),
        word(UNITS, charge.unit, language),
        _figure(charge.quantity, ONE),
        _figure(charge.unit_price, 100),
        _figure(charge.amount, 100),
        word(PRICED_BY, charge.priced_by, language),
        charge.incident_id or "",
        charge.why,
        charge.by,
        charge.corrects or "",
        charge.id,
    )


def _figure(value: int | None, of: int) -> str:
    return "" if value is None else Figure(f"{value / of:.2f}")
