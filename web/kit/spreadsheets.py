"""A table as a file to take away: CSV or XLSX."""

from collections.abc import Iterable
from itertools import islice
from typing import Literal

from fastapi.responses import StreamingResponse

from callflow.core.sites.files import writing

Format = Literal["csv", "xlsx"]
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: Rows of one piece.
_PIECE = 500


def answer(
    head: Iterable[str],
    rows: Iterable[Iterable[str | float | None]],
    *,
    name: str,
    title: str,
    format: Format,
    language: str,
) -> StreamingResponse:
    """The file; its texts mean nothing to a spreadsheet but themselves. No browser keeps it."""
    cells = ([_cell(cell) for cell in row] for row in rows)
    pieces = iter(lambda: list(islice(cells, _PIECE)), [])
    heads = list(head)
    made = (
        writing.to_csv(heads, pieces, language)
        if format == "csv"
        else writing.to_xlsx(heads, pieces, title)
    )
    said = f'attachment; filename="{name}.{format}"'
    return StreamingResponse(
        made,
        media_type=MEDIA[format],
        headers={"Content-Disposition": said, "Cache-Control": "no-store"},
    )


def _cell(cell: str | float | None) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    return writing.Figure(cell)
