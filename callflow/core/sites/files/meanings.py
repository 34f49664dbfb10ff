"""What a cell of a workbook means, and how a value is said in one. Pure.

What people's spreadsheets do to cells is mended where there is no doubt, and told: a number that
lost its zero, a decimal comma, a day that became a serial number.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from callflow.core.sites.files.columns import (
    YES_NO,
    authorities_of,
    authorities_text,
    value_of,
    word,
)
from callflow.core.sites.files.sheets import KEPT, NONE, Cell, Column, plain

#: The longest cell that a spreadsheet can hold (ECMA-376; Excel's limit), in characters.
LONGEST = 32_767
#: A value that is left as it is: a secret that an export only names.
UNCHANGED = object()

#: The first day of the serial numbers of spreadsheets, which think that 1900 was a leap year.
_FIRST_DAY = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 36_526, 73_050  # 2000 to 2099
_NATIONAL = re.compile(r"[1-9][0-9]{8}")  # a French number whose 0 a spreadsheet dropped
_ABROAD = re.compile(r"33[1-9][0-9]{8}")  # … and whose + it dropped
_INTERVAL = re.compile(r"([0-9]{1,2})[hH:]([0-9]{2})?\s*[-–]\s*([0-9]{1,2})[hH:]([0-9]{2})?")
_DAY = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})")
_CLOSED = {"closed", "ferme", "fermee"}


class BadCell(Exception):
    """A cell is wrong: which fault, and what its words need."""

    def __init__(self, code: str, **args: Any) -> None:
        super().__init__(code)
        self.code, self.args_ = code, args


class Dated(str):
    """A cell that a spreadsheet keeps as a date, in ISO 8601."""

    __slots__ = ()


#: Told the code of what was mended.
Note = Callable[[str], None]


def value(column: Column, cell: str, note: Note) -> Any:
    """What a filled cell means, as the part's shape takes it. Raises BadCell."""
    if len(cell) > LONGEST:
        raise BadCell("too_long", most=LONGEST)
    if isinstance(cell, Dated) and column.cell is not Cell.DAYS:
        raise BadCell("date")
    said = cell.strip()
    return _MEANT[column.cell](column, said, note)


def _text(_column: Column, said: str, _note: Note) -> str:
    return said


def _number(_column: Column, said: str, note: Note) -> float | int:
    text = re.sub(r"[\s\u00a0\u202f]", "", said)
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+", text):
        note("decimal_comma")
        text = text.replace(",", ".")
    if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", text):
        raise BadCell("number", value=said)
    found = float(text)
    return int(found) if found.is_integer() else found


def _phone(_column: Column, said: str, note: Note) -> str:
    digits = re.sub(r"[\s.\u00a0\u202f-]", "", said)
    if _NATIONAL.fullmatch(digits):
        note("zero_back")
        return f"0{digits}"
    if _ABROAD.fullmatch(digits):
        note("plus_back")
        return f"+{digits}"
    return said


def _flag(_column: Column, said: str, _note: Note) -> bool:
    known = {"1": "yes", "0": "no", "x": "yes", "vrai": "yes", "faux": "no", "true": "yes"}
    known["false"] = "no"
    found = known.get(plain(said)) or value_of(YES_NO, said)
    if found is None:
        raise BadCell("one_of", value=said, choices=_choices(YES_NO))
    return found == "yes"


def _word(column: Column, said: str, _note: Note) -> str:
    assert column.words is not None, column.key
    known = plain(said) and value_of(column.words, said)
    found = said if said in column.words else known
    if not found:
        raise BadCell("one_of", value=said, choices=_choices(column.words))
    return found


def _list(_column: Column, said: str, _note: Note) -> list[str]:
    return list(filter(None, map(str.strip, said.split(";"))))


def _words(column: Column, said: str, note: Note) -> list[str]:
    return [_word(column, each, note) for each in _list(column, said, note)]


def _authorities(_column: Column, said: str, _note: Note) -> dict[str, list[str]]:
    granted, unknown = authorities_of(said)
    if unknown:
        raise BadCell("no_authority", value=unknown[0])
    return granted


def _hours(_column: Column, said: str, _note: Note) -> list[str]:
    if plain(said) in _CLOSED:
        return []
    rest = _INTERVAL.sub(" ", said)
    if re.sub(r"[\s,;/+]|et|and", "", rest):
        raise BadCell("hours", value=said)
    return [
        f"{int(h1):02d}:{m1 or '00'}-{int(h2):02d}:{m2 or '00'}"
        for h1, m1, h2, m2 in _INTERVAL.findall(said)
    ]


def _days(column: Column, said: str, note: Note) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in _list(column, said, note):
        day, _, hours = each.partition(" ")
        found[_day(day.rstrip(":"), note)] = _hours(column, hours or "closed", note)
    return found


def _day(said: str, note: Note) -> str:
    try:
        if said.isdigit() and _FIRST_SERIAL <= int(said) <= _LAST_SERIAL:
            note("serial_day")
            return (_FIRST_DAY + timedelta(days=int(said))).isoformat()
        if french := _DAY.fullmatch(said):
            day, month, year = map(int, french.groups())
            return date(year, month, day).isoformat()
        return date.fromisoformat(said).isoformat()
    except ValueError:
        raise BadCell("day", value=said) from None


def _json(_column: Column, said: str, _note: Note) -> Any:
    try:
        found = json.loads(said, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadCell("json") from None
    if not isinstance(found, dict | list):
        raise BadCell("json")
    return found


def _no_constant(_name: str) -> Any:
    raise ValueError("JSON has no such number")


def _secret(_column: Column, said: str, _note: Note) -> Any:
    if plain(said) in map(plain, KEPT):
        return UNCHANGED
    return None if plain(said) in map(plain, NONE) else said


def _choices(words: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    french, english = zip(*words.values(), strict=True)
    return ", ".join(french), ", ".join(english)


_MEANT: Mapping[Cell, Callable[[Column, str, Note], Any]] = {
    Cell.TEXT: _text,
    Cell.NUMBER: _number,
    Cell.PHONE: _phone,
    Cell.FLAG: _flag,
    Cell.WORD: _word,
    Cell.LIST: _list,
    Cell.WORDS: _words,
    Cell.AUTHORITIES: _authorities,
    Cell.HOURS: _hours,
    Cell.DAYS: _days,
    Cell.JSON: _json,
    Cell.SECRET: _secret,
}


# --- as a cell says it ----------------------------------------------------------------------------


def said(column: Column, value: Any, language: str) -> str:
    """A value as its column's cell says it; of a secret, ``value`` is whether one is kept."""
    if value is None or value == "" or (value is False and column.cell is Cell.SECRET):
        return ""
    return _SAID.get(column.cell, _plainly)(column, value, language)


def _plainly(_column: Column, value: Any, _language: str) -> str:
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)


def _in_word(column: Column, value: Any, language: str) -> str:
    return word(column.words or {}, str(value), language)


def _in_words(column: Column, value: Sequence[str], language: str) -> str:
    return "; ".join(word(column.words or {}, str(each), language) for each in value)


def _in_json(_column: Column, value: Any, _language: str) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str) if value else ""


def _in_hours(value: Sequence[str], language: str) -> str:
    return " ".join(value) if value else word({"": ("fermé", "closed")}, "", language)


_SAID: Mapping[Cell, Callable[[Column, Any, str], str]] = {
    Cell.FLAG: lambda _column, value, language: word(YES_NO, "yes" if value else "no", language),
    Cell.WORD: _in_word,
    Cell.LIST: lambda _column, value, _language: "; ".join(value),
    Cell.WORDS: _in_words,
    Cell.AUTHORITIES: lambda _column, value, language: authorities_text(value, language),
    Cell.HOURS: lambda _column, value, language: _in_hours(value, language),
    Cell.DAYS: lambda _column, value, language: "; ".join(
        f"{day} {_in_hours(hours, language)}" for day, hours in sorted(value.items())
    ),
    Cell.JSON: _in_json,
    Cell.SECRET: lambda _column, _value, language: word({"": KEPT}, "", language),
}
