"""A file of sites as rows of text, with everything that is wrong with its cells. Pure.

What comes is not trusted: a workbook is small once unpacked, no formula or link in it is followed,
and no entity of its XML is read (defusedxml, which openpyxl takes where it is installed).
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any, NamedTuple

import defusedxml

from callflow.core.sites.files.cells import storable, unescaped, unguarded
from callflow.core.sites.files.columns import Column, column_of
from callflow.core.sites.files.faults import Fault

#: Bytes of a file; of a workbook once unpacked; rows; columns that are looked at.
MOST_BYTES, MOST_UNPACKED = 16_000_000, 200_000_000
MOST_ROWS, _MOST_COLUMNS = 50_000, 60
#: Parts of a workbook.
_MOST_PARTS = 1000
_SEPARATORS = (";", ",", "\t")
#: A text has no more NULs in so many bytes; what stands where a byte is no sign of its encoding.
_BINARY, _NULS, _UNKNOWN_SIGN = 1000, 10, "\ufffd"
_EVERY = 500  # rows between two signs of progress

assert defusedxml is not None

#: Told how many rows were read.
Tick = Callable[[int], None]


class Line(NamedTuple):
    """One row: ``row`` as a spreadsheet counts; the cell of each known column of the file."""

    row: int
    cells: dict[str, str]


@dataclass(kw_only=True, slots=True)
class Table:
    """A file: which columns it has, its rows, what is wrong with it, and what one should know."""

    keys: frozenset[str] = frozenset()
    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)


class _Wrong(NamedTuple):
    """In the place of a cell that can't be read."""

    code: str
    value: str = ""


_Cell = str | _Wrong
_Rows = Iterator[Sequence[_Cell]]


class _Unreadable(Exception):
    """The file as a whole is no use."""

    def __init__(self, code: str, row: int = 0, **args: object) -> None:
        super().__init__(code)
        self.fault = Fault(row=row, code=code, args=args)


def read(data: bytes, tick: Tick = lambda _rows: None) -> Table:
    """The rows of a CSV or XLSX file. What is wrong is in ``faults``: all of it, nothing raises."""
    table = Table()
    try:
        if data.startswith(b"PK"):
            _fill(table, _of_workbook(data), tick)
        else:
            _fill(table, _of_text(data, table), tick)
    except _Unreadable as error:
        table.faults.append(error.fault)
        table.lines.clear()  # of no use without the rest
    except Exception:  # whatever a library makes of a file that is none
        table.faults.append(Fault(row=0, code="unreadable"))
    return table


def _fill(table: Table, rows: _Rows, tick: Tick) -> None:
    head = next(rows, None)
    if head is None:
        raise _Unreadable("empty")
    columns = _columns(table, head)
    table.keys = frozenset(column.key for column in columns if column)
    if not table.keys & {"site", "accounts"}:
        raise _Unreadable(_headless(head))
    for number, cells in enumerate(rows, 2):
        if number - 1 > MOST_ROWS:
            raise _Unreadable("too_many_rows", most=MOST_ROWS)
        if any(cells):
            table.lines.append(Line(number, _line(table, number, columns, cells)))
        if number % _EVERY == 0:
            tick(number)
    if not table.lines:
        table.notes.append(Fault(row=0, code="no_rows"))
    tick(len(table.lines))


def _headless(head: Sequence[_Cell]) -> str:
    """Why the first row names no site."""
    said = head[0] if head and isinstance(head[0], str) else ""
    apart = any(column_of(cell) is not None for cell in re.split(r"[|:~^]", said)[1:])
    return "separator" if apart else "no_key"


def _columns(table: Table, head: Sequence[_Cell]) -> list[Column | None]:
    columns: list[Column | None] = []
    for cell in head:
        said = cell.strip() if isinstance(cell, str) else ""
        column = column_of(said)
        if column is None and said:
            table.notes.append(Fault(row=1, code="column_unknown", column=said[:60]))
        if column is not None and column in columns:
            table.faults.append(Fault(row=1, code="column_twice", column=column.key))
        columns.append(column)
    return columns


def _line(
    table: Table, row: int, columns: Sequence[Column | None], cells: Sequence[_Cell]
) -> dict[str, str]:
    if any(cells[len(columns) :]):
        table.faults.append(Fault(row=row, code="extra_cells"))
    line = {}
    for place, column in enumerate(columns):
        if column is None:
            continue
        cell = cells[place] if place < len(cells) else ""
        if isinstance(cell, str) and (_UNKNOWN_SIGN in cell or not storable(cell)):
            cell = _Wrong("bad_sign")
        if isinstance(cell, _Wrong):
            args = {"value": cell.value}
            table.faults.append(Fault(row=row, code=cell.code, column=column.key, args=args))
        else:
            line[column.key] = cell
    return line


# --- CSV ------------------------------------------------------------------------------------------


def _of_text(data: bytes, table: Table) -> _Rows:
    text = _decoded(data, table)
    if not text.strip():
        raise _Unreadable("empty")
    separator = max(_SEPARATORS, key=lambda each: _heads(text, each))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    read = wide = 0
    try:
        for cells in rows:
            read, wide = read + 1, wide or len(cells)
            if any(cells) and len(cells) < wide:
                table.notes.append(Fault(row=read, code="short_row"))
            yield [unguarded(cell) for cell in cells]
    except csv.Error:
        raise _Unreadable("quote", read + 1) from None


def _decoded(data: bytes, table: Table) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # "Unicode text" of a spreadsheet
        return data.decode("utf-16")
    if data[:_BINARY].count(0) > _NULS:
        raise _Unreadable("unreadable")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        table.notes.append(Fault(row=0, code="old_encoding"))
        return data.decode("cp1252", "replace")


def _heads(text: str, separator: str) -> int:
    """How many columns of ours the first row has with this separator."""
    head = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    return sum(column_of(cell) is not None for cell in head)


# --- XLSX -----------------------------------------------------------------------------------------


def _of_workbook(data: bytes) -> _Rows:
    """The first sheet's rows."""
    import openpyxl  # noqa: PLC0415 -- a fifth of a second that no other command waits for
    from openpyxl.xml import DEFUSEDXML  # noqa: PLC0415

    assert DEFUSEDXML, "openpyxl would read entities: it does not know defusedxml"
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        unpacked = [part.file_size for part in parts.infolist()]  # zipfile reads no more than that
    if len(unpacked) > _MOST_PARTS or sum(unpacked) > MOST_UNPACKED:
        raise _Unreadable("too_large", most=MOST_UNPACKED // 1_000_000)
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what it says of its own size may be wrong
        for cells in sheet.iter_rows(max_col=_MOST_COLUMNS):
            yield [_text(cell) for cell in cells]
    finally:
        book.close()


def _text(cell: Any) -> _Cell:
    value, kind = cell.value, cell.data_type
    if value is None:
        return ""
    if kind == "f":
        return _Wrong("formula")
    if kind == "e":
        return _Wrong("cell_error", str(value)[:20])
    if isinstance(value, date | time | timedelta):
        return _Wrong("date")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unescaped(value) if isinstance(value, str) else str(value)
