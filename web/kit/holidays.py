"""A year of a place's holidays as a page and the API show it: the public ones and the station's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from babel import Locale
from fastapi import Query

from callflow.core.folding import folded
from callflow.core.time import holidays
from callflow.core.time.holidays import OwnDay, OwnDays, Place
from callflow.core.time.hours import ONE_DAY
from web.kit import calendars, i18n, words
from web.kit.calendars import Mark

FRANCE = "FR"
#: A year that a query may name.
Year = Annotated[int | None, Query(ge=2000, le=2200)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A day of which something is said. ``name`` is the public holiday's, empty where it is none;
    ``own``: what the station says that counts there."""

    date: date
    name: str
    own: OwnDay | None = None

    @property
    def holiday(self) -> bool:
        """True where it is one."""
        return bool(self.name) if self.own is None else self.own.holiday

    @property
    def mark(self) -> Mark:
        """How it is drawn."""
        if self.own is None:
            return Mark.HOLIDAY
        return Mark.ADDED if self.own.holiday else Mark.TAKEN


def days(place: Place, year: int, own: Sequence[OwnDay], language: str) -> list[Day]:
    """What is said of a year's days, in order; ``own`` is what the station says of the place and
    of its country."""
    public = holidays.public(place, year, language)
    # A region's word goes before its country's.
    said = {each.day: each for each in sorted(own, key=lambda each: each.region)}
    return [
        Day(date=day, name=public.get(day, ""), own=said.get(day))
        for day in sorted({*public, *said})
    ]


def names_between(first: date, end: date, own: OwnDays, language: str) -> dict[date, str]:
    """The holidays from ``first`` until before ``end`` where the station is, in France, by name; a
    day of its own has none but the word."""
    place, word = Place(FRANCE), i18n.catalogue(language).gettext(words.MARKS[Mark.HOLIDAY])
    public = {
        day: name
        for year in {first.year, end.year}
        for day, name in holidays.public(place, year, language).items()
    }
    each = [first + n * ONE_DAY for n in range((end - first).days)]
    said = {day: holidays.own_word(place, day, own) for day in each}
    return {
        day: public.get(day, word)
        for day in each
        if said[day] or (said[day] is None and day in public)
    }


def drawn(said: Sequence[Day], year: int, language: str) -> list[calendars.Month]:
    """The year, a mark a day."""
    marks = {day.date: day.mark for day in said}

    def special(day: date) -> Mark:
        return marks.get(day) or (Mark.WEEKEND if day.weekday() >= 5 else Mark.ORDINARY)

    return calendars.year({}, year, special, language)


def countries(language: str) -> dict[str, str]:
    """{code: name} of the countries whose holidays are known, by their names."""
    names = Locale(language).territories
    known = {code: names[code] for code in holidays.countries() if len(code) == 2 and code in names}
    return dict(sorted(known.items(), key=lambda each: each[1]))


def regions(country: str, language: str) -> dict[str, str]:
    """{code: name} of its regions; a territory of its own by its name in ``language``."""
    here, there = Locale("fr").territories, Locale(language).territories
    return {
        code: str(there[code]) if folded(here.get(code, "")) == folded(name) else name
        for code, name in holidays.regions(country).items()
    }


def name_of(place: Place, language: str) -> str:
    """A place as it is called: "France, Alsace"."""
    country = str(Locale(language).territories.get(place.country, place.country))
    if place.region is None:
        return country
    return f"{country}, {regions(place.country, language).get(place.region, place.region)}"
