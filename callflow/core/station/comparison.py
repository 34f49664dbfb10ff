"""A day of ours beside the same day of the system before it: each signal's differences. Pure.

Theirs is whatever list it exports: which of its columns says what is a ``Mapping``, kept from one
day to the next. A signal of theirs is that signal of ours of the same account, within some minutes,
which says the same code and zone, else the same code, else the nearest.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

MOST_BYTES, MOST_ROWS = 50_000_000, 500_000
_SEPARATORS = ";,\t"
_TIMES = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%y %H:%M:%S")
#: Digits at a number's end by which it is known, however it is written.
_DIGITS = 9


class BadComparison(ValueError):
    """A list or a mapping that can't be used: a sentence, which pages say in their own language,
    and what it names."""

    def __init__(self, message: str, about: str = "") -> None:
        super().__init__(f"{message}: {about}" if about else message)
        self.message, self.about = message, about


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """The names of their columns, "" where the list has none, and how its cells are read.

    ``priorities``: {theirs: ours}, for those that are not 1 to 4 themselves. Seconds.
    """

    account: str = "account"
    at: str = "at"
    code: str = ""
    zone: str = ""
    priority: str = ""
    first_person: str = ""
    first_call_at: str = ""
    zone_name: str = "Europe/Paris"
    priorities: Mapping[str, int] = field(default_factory=dict)
    within: float = 180.0  # a signal of theirs and of ours are one
    late: float = 30.0  # a first call may differ by so much
    alarms_only: bool = True  # their list has no openings, tests and restores

    def to_json(self) -> dict[str, Any]:
        """As ``from_json`` takes it."""
        return {**asdict(self), "priorities": dict(self.priorities)}

    @classmethod
    def from_json(cls, body: Any) -> Columns:
        """Raises BadComparison."""
        known = cls.__dataclass_fields__
        if not isinstance(body, dict):
            raise BadComparison('the columns must be an object such as {"account": "Site"}')
        for name, value in body.items():
            if name not in known:
                raise BadComparison("no such column can be named", str(name))
            if not _is_right(name, value):
                raise BadComparison(_SAID.get(name, "a column's name is at most 100 characters"))
        made = cls(**body)
        if not (made.account and made.at):
            raise BadComparison("name the columns of the account and of the time")
        return made


_SAID = {
    "priorities": "write each priority with ours, such as A=1,B=2: ours are 1 to 4",
    "within": "write seconds: an hour at most",
    "late": "write seconds: an hour at most",
    "alarms_only": "must be true or false",
    "zone_name": "write a time zone such as Europe/Paris",
}


def _is_right(name: str, value: Any) -> bool:
    match name:
        case "priorities":
            sound = isinstance(value, dict) and len(value) <= 50
            return sound and all(type(n) is int and 1 <= n <= 4 for n in value.values())
        case "within" | "late":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and 0 < value <= 3600
        case "alarms_only":
            return isinstance(value, bool)
        case "zone_name":
            return isinstance(value, str) and _is_zone(value)
    return isinstance(value, str) and len(value) <= 100


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Theirs:
    """A signal as the other system has it. Times are UTC; None where its list says nothing."""

    row: int
    account: str
    at: datetime
    code: str = ""
    zone: str = ""
    priority: int | None = None
    first_person: str | None = None
    first_call_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ours:
    """A signal as we have it, and what was decided for it. ``alarm``: it opened or joined one."""

    id: str
    account: str
    at: datetime
    code: str
    zone: str
    alarm: bool
    site: str | None = None
    incident: str | None = None
    priority: int | None = None
    first_name: str = ""
    first_number: str = ""
    first_call_at: datetime | None = None


class What(StrEnum):
    """One way in which the two differ."""

    MISSING = "missing"  # they have it, we don't
    EXTRA = "extra"  # we have it, they don't
    PRIORITY = "priority"
    PERSON = "person"  # somebody else is called first
    TIME = "time"  # the first call is earlier or later


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One difference of one signal; what each says of it, as words of no language."""

    what: What
    account: str
    at: datetime
    code: str
    zone: str
    theirs: str = ""
    ours: str = ""
    site: str | None = None
    incident: str | None = None
    row: int | None = None  # of their list


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A whole list beside what we have of the same time."""

    compared: int  # signals that both have
    differences: tuple[Difference, ...]

    def count(self, what: What) -> int:
        """How many differences are of this kind."""
        return sum(1 for one in self.differences if one.what is what)


# --- their list -----------------------------------------------------------------------------


def read(data: bytes, columns: Columns) -> tuple[list[Theirs], list[str]]:
    """Their signals, and a sentence for each row that can't be read. Raises BadComparison."""
    if len(data) > MOST_BYTES:
        raise BadComparison("the file is too large: cut it into several")
    text = _decoded(data)
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        names = [name.strip() for name in next(rows)]
        places = _places(columns, names)
        return _signals(rows, places, columns)
    except StopIteration:
        raise BadComparison("the list is empty") from None
    except csv.Error as error:
        raise BadComparison("the list is no CSV file", str(error)) from None


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


_CELLS = ("account", "at", "code", "zone", "priority", "first_person", "first_call_at")


def _places(columns: Columns, names: Sequence[str]) -> dict[str, int]:
    places = {}
    for field_name in _CELLS:
        wanted = str(getattr(columns, field_name)).strip()
        if wanted and wanted not in names:
            raise BadComparison("the list has no column of this name", wanted)
        if wanted:
            places[field_name] = names.index(wanted)
    return places


def _signals(
    rows: Iterator[Sequence[str]], places: Mapping[str, int], columns: Columns
) -> tuple[list[Theirs], list[str]]:
    found: list[Theirs] = []
    refused: list[str] = []
    for row, cells in enumerate(rows, 2):
        if row > MOST_ROWS:
            raise BadComparison("the file is too large: cut it into several")
        if not any(cell.strip() for cell in cells):
            continue
        said = {n: cells[at].strip() if at < len(cells) else "" for n, at in places.items()}
        try:
            found.append(_theirs(row, said, columns))
        except ValueError as error:
            refused.append(f"{row}: {error}")
    return found, refused


def _theirs(row: int, said: Mapping[str, str], columns: Columns) -> Theirs:
    at = _moment(said["at"], columns.zone_name)
    if not said["account"] or at is None:
        raise ValueError("no account, or no time")
    return Theirs(
        row=row,
        account=said["account"],
        at=at,
        code=said.get("code", ""),
        zone=said.get("zone", ""),
        priority=_priority(said.get("priority", ""), columns.priorities),
        first_person=said.get("first_person") or None,
        first_call_at=_moment(said.get("first_call_at", ""), columns.zone_name),
    )


def _moment(text: str, zone: str) -> datetime | None:
    """UTC; a time without a zone is in theirs. Raises ValueError."""
    if not text:
        return None
    for parse in (datetime.fromisoformat, *(_by(form) for form in _TIMES)):
        try:
            at = parse(text)
        except ValueError:
            continue
        local = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC)
    raise ValueError(f"{text[:40]!r} is no time")


def _by(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007 -- the zone is the list's


def _priority(text: str, known: Mapping[str, int]) -> int | None:
    if not text:
        return None
    if text in known:
        return known[text]
    digits = re.search(r"[1-4]", text)
    if digits is None:
        raise ValueError(f"priority {text[:20]!r} is not among the priorities of the columns")
    return int(digits[0])


# --- beside each other ------------------------------------------------------------------------


def compare(ours: Iterable[Ours], theirs: Iterable[Theirs], columns: Columns) -> Comparison:
    """Every difference, in the order of time."""
    by_account: dict[str, list[Ours]] = {}
    for one in sorted(ours, key=lambda one: (one.at, one.id)):
        by_account.setdefault(_account(one.account), []).append(one)
    found: list[Difference] = []
    compared = 0
    for their in sorted(theirs, key=lambda one: (one.at, one.row)):
        left = by_account.get(_account(their.account), [])
        our = _same(left, their, columns)
        if our is None:
            found.append(_missing(their))
            continue
        left.remove(our)
        compared += 1
        found += _unlike(our, their, columns)
    for left in by_account.values():
        found += [_of_ours(What.EXTRA, one) for one in left if one.alarm or not columns.alarms_only]
    found.sort(key=lambda one: (one.at, one.account, one.what))
    return Comparison(compared=compared, differences=tuple(found))


def _account(text: str) -> str:
    return text.strip().lstrip("0").upper()


def _same(left: Sequence[Ours], their: Theirs, columns: Columns) -> Ours | None:
    within = timedelta(seconds=columns.within)
    near = [one for one in left if abs(one.at - their.at) <= within]
    return min(near, key=lambda one: _distance(one, their), default=None)


def _distance(one: Ours, their: Theirs) -> tuple[bool, bool, timedelta]:
    other_code = bool(their.code) and one.code.upper() != their.code.upper()
    other_zone = bool(their.zone) and one.zone.lstrip("0") != their.zone.lstrip("0")
    return other_code, other_zone, abs(one.at - their.at)


def _missing(their: Theirs) -> Difference:
    return Difference(
        what=What.MISSING,
        account=their.account,
        at=their.at,
        code=their.code,
        zone=their.zone,
        row=their.row,
    )


def _of_ours(
    what: What, our: Ours, row: int | None = None, theirs: str = "", ours: str = ""
) -> Difference:
    return Difference(
        what=what,
        account=our.account,
        at=our.at,
        code=our.code,
        zone=our.zone,
        theirs=theirs,
        ours=ours,
        site=our.site,
        incident=our.incident,
        row=row,
    )


def _unlike(our: Ours, their: Theirs, columns: Columns) -> Iterator[Difference]:
    row = their.row
    if their.priority is not None and our.priority not in (None, their.priority):
        yield _of_ours(What.PRIORITY, our, row, str(their.priority), str(our.priority))
    if their.first_person is not None and not _same_person(our, their.first_person):
        first = our.first_name or our.first_number
        yield _of_ours(What.PERSON, our, row, their.first_person, first)
    if their.first_call_at is not None:
        apart = _apart(our.first_call_at, their.first_call_at)
        if apart is None or abs(apart) > columns.late:
            said = their.first_call_at.isoformat(), _shown(our.first_call_at)
            yield _of_ours(What.TIME, our, row, *said)


def _apart(ours: datetime | None, theirs: datetime) -> float | None:
    return None if ours is None else (ours - theirs).total_seconds()


def _shown(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _same_person(our: Ours, said: str) -> bool:
    digits = re.sub(r"\D", "", said)
    if len(digits) >= _DIGITS:
        return re.sub(r"\D", "", our.first_number)[-_DIGITS:] == digits[-_DIGITS:]
    return bool(our.first_name) and _words(our.first_name) == _words(said)


def _words(name: str) -> frozenset[str]:
    bare = unicodedata.normalize("NFKD", name.casefold())
    return frozenset(re.findall(r"[a-z0-9]+", bare.encode("ascii", "ignore").decode()))
