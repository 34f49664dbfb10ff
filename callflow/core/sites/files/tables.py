"""The tables of what somebody sends: a CSV file, a workbook, or a ZIP of CSV files. Pure.

They are read row by row, whatever their number. Nothing of what comes is trusted (``reading``):
what it unpacks to is measured first, and a sheet has no more rows than a spreadsheet can hold.
"""

import codecs
import csv
import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from callflow.core.sites.files.cells import storable, unescaped, unguarded
from callflow.core.sites.files.meanings import LONGEST, BadCell, Dated
from callflow.core.sites.files.sheets import column_of, sheet_of

#: Rows of one table: what a spreadsheet can hold; columns that are looked at; parts of a ZIP.
MOST_ROWS, MOST_COLUMNS, MOST_PARTS = 1_048_576, 200, 1000
#: Bytes of all parts together once unpacked, and of the texts that a workbook shares.
MOST_UNPACKED, MOST_SHARED = 2_000_000_000, 200_000_000
_SEPARATORS = (";", ",", "\t", "|")
_PIECE = 1 << 20
#: A text has no more NULs in so many bytes; what stands where a byte is no sign of its encoding.
_BINARY, _NULS, _UNKNOWN_SIGN = 1000, 10, "\ufffd"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
_BOOK, _TITLE = "xl/workbook.xml", re.compile(r'<(?:\w+:)?sheet\s[^>]*?\bname="([^"]*)"')
#: Rows among which the one with the columns' names is.
_FIRST_ROWS = 100
_MOST_MERGED = 20  # told of one sheet


class BadFile(Exception):
    """A file, or a table of it, is no use: which fault, and what its words need."""

    def __init__(self, code: str, row: int = 0, **args: Any) -> None:
        super().__init__(code)
        self.code, self.row, self.args_ = code, row, args


@dataclass(frozen=True, slots=True)
class Unread:
    """In the place of a cell that can't be read."""

    bad: BadCell

    def __bool__(self) -> bool:
        return True


RawCell = str | Unread
#: (its number as a spreadsheet counts, its cells); short rows are as short as they are.
Row = tuple[int, Sequence[RawCell]]


@dataclass(slots=True)
class Raw:
    """A table as it comes. ``notes``: codes, with what their words need, known before its rows."""

    name: str
    rows: Iterator[Row]
    notes: list[tuple[str, dict[str, Any]]]


def holds_whole(file: IO[bytes]) -> bool:
    """True of a workbook with sheets that are called as ours, and of a ZIP of CSV files."""
    try:
        with zipfile.ZipFile(file) as parts:
            if "[Content_Types].xml" not in parts.namelist():
                return True
            with parts.open(_BOOK) as book:
                titles = _TITLE.findall(book.read(_PIECE).decode("utf-8", "replace"))
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError):
        return False
    finally:
        file.seek(0)
    return any(sheet_of(html.unescape(title)) is not None for title in titles)


def tables(file: IO[bytes], name: str) -> Iterator[Raw]:
    """Those of ``file``, which can be read anew. Raises BadFile, then and while rows are read."""
    begin = file.read(4)
    file.seek(0)
    if not begin.startswith(b"PK"):
        yield _text(name, file)
        return
    try:
        with zipfile.ZipFile(file) as parts:
            _measured(parts)
            if "[Content_Types].xml" in parts.namelist():
                yield from _workbook(file, parts)
            else:
                yield from _texts(parts)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        raise BadFile("unreadable") from None  # encrypted, cut, or packed in another way


def _measured(parts: zipfile.ZipFile) -> None:
    """Raises BadFile: ``zipfile`` reads no more of a part than what it says of its size."""
    sizes = {part.filename: part.file_size for part in parts.infolist()}
    shared = sum(size for name, size in sizes.items() if name.endswith("sharedStrings.xml"))
    if len(sizes) > MOST_PARTS or sum(sizes.values()) > MOST_UNPACKED or shared > MOST_SHARED:
        raise BadFile("unpacked", most=MOST_UNPACKED // 1_000_000)


# --- CSV ------------------------------------------------------------------------------------------


def _texts(parts: zipfile.ZipFile) -> Iterator[Raw]:
    for part in parts.infolist():
        if part.is_dir() or part.filename.rpartition("/")[2].startswith("."):
            continue
        if part.filename.lower().endswith((".csv", ".txt", ".tsv")):
            with _Again(parts, part.filename) as file:
                yield _text(part.filename, file)


class _Kept(io.RawIOBase):
    """A file that somebody else closes."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


class _Again(_Kept):
    """A part of a ZIP that can be read again from its beginning."""

    def __init__(self, parts: zipfile.ZipFile, name: str) -> None:
        super().__init__(parts.open(name))
        self._parts, self._name = parts, name

    def seek(self, offset: int, whence: int = 0) -> int:
        assert (offset, whence) == (0, 0), "it is only begun anew"
        self._file.close()
        self._file = self._parts.open(self._name)
        return 0

    def close(self) -> None:
        self._file.close()
        super().close()


def _text(name: str, file: Any) -> Raw:
    notes: list[tuple[str, dict[str, Any]]] = []
    encoding = _encoding(file, notes)
    file.seek(0)
    text = io.TextIOWrapper(io.BufferedReader(_Kept(file)), encoding, "replace", newline="")
    first = text.readline(_PIECE)
    separator = max(_SEPARATORS, key=lambda each: _apart(first, each))
    file.seek(0)
    text = io.TextIOWrapper(io.BufferedReader(_Kept(file)), encoding, "replace", newline="")
    return Raw(name, _lines(text, separator), notes)


def _encoding(file: Any, notes: list[tuple[str, dict[str, Any]]]) -> str:
    """Found by reading all of it once. Raises BadFile."""
    piece = file.read(_PIECE)
    if piece.startswith(
        (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    ):  # "Unicode text" of a spreadsheet
        return "utf-16"
    if piece[:_BINARY].count(0) > _NULS:
        raise BadFile("unreadable")
    if not piece.strip():
        raise BadFile("empty")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece:
            decoder.decode(piece)
            piece = file.read(_PIECE)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        notes.append(("old_encoding", {}))
        return "cp1252"
    return "utf-8-sig"


def _apart(first: str, separator: str) -> tuple[int, int]:
    """How many columns of ours the first row has with this separator, and how many at all."""
    try:
        head = next(csv.reader([first], delimiter=separator), [])
    except csv.Error:
        return 0, 0
    return sum(column_of(cell) is not None for cell in head), len(head)


def _lines(text: io.TextIOWrapper, separator: str) -> Iterator[Row]:
    number = 0
    try:
        for cells in csv.reader(text, delimiter=separator, strict=True):
            number += 1
            yield number, [_kept(unguarded(cell)) for cell in cells]
    except csv.Error as error:
        code = "too_long" if "field limit" in str(error) else "quote"
        raise BadFile(code, number + 1, most=LONGEST) from None


def _kept(cell: str) -> RawCell:
    wrong = _UNKNOWN_SIGN in cell or not storable(cell)
    return Unread(BadCell("bad_sign")) if wrong else cell


# --- XLSX -----------------------------------------------------------------------------------------


def _workbook(file: IO[bytes], parts: zipfile.ZipFile) -> Iterator[Raw]:
    import openpyxl  # noqa: PLC0415 -- a fifth of a second that no other command waits for
    from openpyxl.xml import DEFUSEDXML  # noqa: PLC0415

    assert DEFUSEDXML, "openpyxl would read entities: it does not know defusedxml"
    try:
        book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
    except Exception:  # whatever a library makes of a file that is none
        raise BadFile("unreadable") from None
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what it says of its own size may be wrong
            path: str = vars(sheet)["_worksheet_path"]
            merged = list(_merged(parts, path))
            notes = [("merged", {"cells": cells}) for cells in merged[:_MOST_MERGED]]
            yield Raw(sheet.title, _rows(sheet), notes)
    finally:
        book.close()


def _merged(parts: zipfile.ZipFile, path: str) -> Iterator[str]:
    """The ranges of a sheet whose cells are merged: only the first of each says anything."""
    rest = b""
    with parts.open(path) as part:
        while piece := part.read(_PIECE):
            rest += piece
            yield from (found[1].decode() for found in _MERGED.finditer(rest))
            rest = rest[rest.rfind(b">") + 1 :][:1000]


def _rows(sheet: Any) -> Iterator[Row]:
    number = 0
    try:
        for cells in sheet.iter_rows(max_col=_width(sheet)):
            number += 1
            if number > MOST_ROWS:  # a row that only says that it is further down
                raise BadFile("too_many_rows", most=MOST_ROWS)
            yield number, [_cell(cell) for cell in cells]
    except BadFile:
        raise
    except Exception:  # whatever a library makes of a sheet that is none
        raise BadFile("unreadable", number + 1) from None


def _width(sheet: Any) -> int:
    """Columns that are looked at: one more than its first rows fill."""
    first = sheet.iter_rows(max_row=_FIRST_ROWS, max_col=MOST_COLUMNS)
    filled = (place for row in first for place, cell in enumerate(row, 1) if cell.value is not None)
    return min(max(filled, default=0) + 1, MOST_COLUMNS)


def _cell(cell: Any) -> RawCell:
    value, kind = cell.value, cell.data_type
    if value is None:
        return ""
    if kind == "f":
        return Unread(BadCell("formula"))
    if kind == "e":
        return Unread(BadCell("cell_error", value=str(value)[:20]))
    if (
        isinstance(value, datetime)
        and value.time().replace(microsecond=0).isoformat() == "00:00:00"
    ):
        value = value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return Dated(value.isoformat())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str):
        return _kept(unescaped(value))
    return str(value) if isinstance(value, int | float) else Unread(BadCell("date"))
