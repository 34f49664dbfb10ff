"""Rows of text as a CSV or XLSX file, piece by piece. Pure.

CSV: UTF-8 with its mark, so that every spreadsheet reads accents; French ones expect ``;`` between
cells, others a comma. XLSX: every cell is text, whatever stands in it, and stays text when it is
typed anew.
"""

import csv
import html
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from callflow.core.sites.files.cells import escaped, guarded

Cells = Sequence[str]


class Figure(str):
    """A cell that is a number, with a point: spreadsheets add it up."""

    __slots__ = ()


_SEPARATORS = {"fr": ";", "en": ","}


def to_csv(head: Cells, rows: Iterable[Iterable[Cells]], language: str) -> Iterator[bytes]:
    """The file of ``rows``, which come in batches; a piece a batch."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=_SEPARATORS[language], lineterminator="\r\n")
    made.write("\ufeff")
    writer.writerow(head)
    for batch in rows:
        writer.writerows([_plain(cell, language) for cell in row] for row in batch)
        yield made.getvalue().encode()
        made.seek(0)
        made.truncate()
    yield made.getvalue().encode()


def _plain(cell: str, language: str) -> str:
    if isinstance(cell, Figure):
        return cell.replace(".", ",") if language == "fr" else cell
    return guarded(cell)


class Pipe(io.RawIOBase):
    """What was written to it since it was asked last."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._written += piece
        return len(piece)

    def taken(self) -> bytes:
        found = bytes(self._written)
        self._written.clear()
        return found


def to_xlsx(
    head: Cells, rows: Iterable[Iterable[Cells]], title: str, wide: Sequence[int] = ()
) -> Iterator[bytes]:
    """The workbook of ``rows``, which come in batches; ``wide``: each column's width, in signs."""
    yield from to_workbook([Sheet(title, head, rows, wide)])


class Sheet(NamedTuple):
    """One sheet of a workbook; ``rows`` come in batches, once the sheets before it are written."""

    title: str
    head: Cells
    rows: Iterable[Iterable[Cells]]
    wide: Sequence[int] = ()


def to_workbook(sheets: Sequence[Sheet]) -> Iterator[bytes]:
    """The workbook of these sheets; a piece a batch."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as book:
        for name, text in _parts([sheet.title for sheet in sheets]):
            book.writestr(name, text)
        for number, each in enumerate(sheets, 1):
            with book.open(f"xl/worksheets/sheet{number}.xml", "w") as sheet:
                sheet.write((_SHEET + _widths(each.wide) + "<sheetData>").encode())
                sheet.write(_row(each.head, style=2))
                for batch in each.rows:
                    sheet.write(b"".join(_row(row, style=1) for row in batch))
                    yield pipe.taken()
                sheet.write(b"</sheetData></worksheet>")
    yield pipe.taken()


def _row(cells: Cells, *, style: int) -> bytes:
    return f"<row>{''.join(_cell(cell, style) for cell in cells)}</row>".encode()


def _cell(text: str, style: int) -> str:
    if not text:
        return f'<c s="{style}"/>'
    if isinstance(text, Figure):
        return f'<c s="0"><v>{text}</v></c>'
    said = html.escape(escaped(text), quote=False)
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{said}</t></is></c>'


def _widths(wide: Sequence[int]) -> str:
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width}" style="1" customWidth="1"/>'
        for place, width in enumerate(wide, 1)
    )
    return f"<cols>{columns}</cols>" if columns else ""


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: The first row stays in sight.
_SHEET = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    "</sheetView></sheetViews>"
)
# Number format 49 is text: what is typed over keeps its zeros and its plus.
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    "</cellStyleXfs>"
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
    ' applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


def _parts(titles: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(name, content) of what a workbook has beside its sheets."""
    numbers = range(1, len(titles) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f"{overrides}"
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    )
    yield (
        "_rels/.rels",
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
    )
    sheets = "".join(
        f'<sheet name="{html.escape(title[:31])}" sheetId="{n}" r:id="rId{n}"/>'
        for n, title in zip(numbers, titles, strict=True)
    )
    yield (
        "xl/workbook.xml",
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{related}'
        f'<Relationship Id="rId{len(titles) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        "</Relationships>",
    )
    yield "xl/styles.xml", _STYLES
