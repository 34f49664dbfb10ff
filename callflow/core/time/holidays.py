"""Which days are holidays of a place: what hours of people, sites, services and rules ask. Pure.

The public ones are those of the library ``holidays``. The station may say of a day that it is one
too, or that it is none, in a country or in a region of it: what is said of the region goes before
what is said of the country, and either before the library.

As JSON a calendar's are ``{"country": "FR", "region": "Alsace", "open": "closed"}``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from callflow.core.time.hours import CalendarError, only

if TYPE_CHECKING:
    from holidays import HolidayBase


class Place(NamedTuple):
    """A country, or a region of it, by the library's codes."""

    country: str
    region: str | None = None


#: The station's own word on a place's days: True where one is a holiday.
OwnDays = Mapping[tuple[Place, date], bool]
NO_DAYS: OwnDays = {}


@dataclass(frozen=True, slots=True)
class OwnDay:
    """What the station says of a day, why, and who said it when (UTC)."""

    id: str
    country: str
    region: str  # "": the whole country
    day: date
    holiday: bool
    reason: str
    set_by: str
    set_at: datetime

    @property
    def place(self) -> Place:
        """Where it is said."""
        return Place(self.country, self.region or None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Holidays:
    """Whose holidays count, and what they make of the day: ``rule`` is a reader's."""

    country: str
    region: str | None = None
    rule: str = "closed"
    own: OwnDays = field(default_factory=dict, compare=False, repr=False)

    def on(self, day: date) -> bool:
        """True where ``day`` is a holiday there."""
        said = None
        if self.own:
            said = own_word(place_of(self.country, self.region), day, self.own)
        return day in _calendar(self.country, self.region) if said is None else said


def own_word(place: Place, day: date, own: OwnDays) -> bool | None:
    """What the station says of ``day`` there; None: nothing."""
    said = own.get((place, day))
    return said if said is not None else own.get((Place(place.country), day))


# --- the library's ------------------------------------------------------------------------


def _library() -> ModuleType:
    """Loaded where a calendar needs it: it takes a tenth of a second, and a dead role must be back
    at once."""
    import holidays  # noqa: PLC0415

    return holidays


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """The countries whose holidays are known: two letters each."""
    return frozenset(_library().list_supported_countries())


@lru_cache(maxsize=64)
def _calendar(country: str, region: str | None) -> HolidayBase:
    """Raises NotImplementedError where there is no such country or region."""
    return cast("HolidayBase", _library().country_holidays(country, subdiv=region))


@lru_cache(maxsize=64)
def _regions(country: str) -> list[str]:
    calendar = _calendar(country, None)
    return [*calendar.subdivisions, *calendar.subdivisions_aliases]


@lru_cache(maxsize=256)
def place_of(country: str, region: str | None) -> Place:
    """The place that a calendar names: it may be called by several codes and names."""
    calendar = _calendar(country, None)
    code = region and calendar.subdivisions_aliases.get(region, region)
    return Place(calendar.country, code or None)


def regions(country: str) -> dict[str, str]:
    """{code: name} of a country's regions; a region without a name is called by its code."""
    calendar = _calendar(country, None)
    found = {code: code for code in calendar.subdivisions}
    for name, code in calendar.subdivisions_aliases.items():
        known = found[code]
        found[code] = name if known == code or len(name) > len(known) else known
    # France's school zones have no public holidays of their own.
    return {code: name for code, name in found.items() if not code.startswith("Zone ")}


def public(place: Place, year: int, language: str) -> dict[date, str]:
    """A year's public holidays of a place with their names, in ``language`` where the library has
    it, else in the country's own."""
    calendar = _calendar(place.country, None)
    known = calendar.supported_languages
    # Never None: that is the language of whoever started the process.
    usual = calendar.default_language
    spoken = next((each for each in known if each.split("_")[0] == language), usual)
    found = _library().country_holidays(
        place.country, subdiv=place.region, years=year, language=spoken
    )
    return {day: found[day] for day in sorted(found)}


# --- reading ------------------------------------------------------------------------------


def read_place(country: Any, region: Any, name: str) -> Place:
    """The place of these codes or names. Raises CalendarError."""
    if not isinstance(country, str) or country not in countries():
        raise CalendarError(f"{name}.country", "must be a country's two letters, such as FR")
    if region is not None and (not isinstance(region, str) or region not in _regions(country)):
        known = ", ".join(_regions(country)) or "-"
        raise CalendarError(f"{name}.region", "must be a region with holidays of its own", known)
    return place_of(country, region)


def read_holidays(
    body: Any, name: str, rules: Collection[str], own: OwnDays = NO_DAYS
) -> Holidays | None:
    """Whose holidays count, and by which of ``rules``, the first where none is named; with what
    the station says of days. Raises CalendarError."""
    if body is None:
        return None
    only(body, name, frozenset({"country", "region", "open"}))
    country, region = body.get("country"), body.get("region")
    rule = body.get("open", next(iter(rules)))
    read_place(country, region, name)
    if rule not in rules:
        raise CalendarError(f"{name}.open", f"must be {' or '.join(rules)}")
    return Holidays(country=country, region=region, rule=rule, own=own)


def write_holidays(holidays: Holidays) -> dict[str, Any]:
    """As ``read_holidays`` takes it."""
    return {"country": holidays.country, "region": holidays.region, "open": holidays.rule}


def followed(calendars: Iterable[Any]) -> Iterator[Place]:
    """Whose holidays count in calendars as stored, each in its turn; those that can't be read and
    those without have none."""
    for body in calendars:
        said = body.get("holidays") if isinstance(body, dict) else None
        if said:
            try:
                yield read_place(said.get("country"), said.get("region"), "holidays")
            except (CalendarError, AttributeError):
                continue
