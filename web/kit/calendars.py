"""Hours drawn as a week (days × hours) and as a year (months × days), their words beside. Pure.

Drawn on the server, as a table: what a bar or a sign shows stands in words too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callflow.core.sites.schedule import Schedule
from callflow.core.time.hours import DAY, ONE_DAY, Span, instant, united
from web.kit import i18n

_HOUR = 60  # minutes
#: {day: its hours, in minutes after its midnight as a clock shows them}.
ByDay = Mapping[date, Sequence[tuple[int, int]]]


class Mark(StrEnum):
    """What a day of the year is, and the sign that shows it."""

    WHOLE = "whole"
    PART = "part"
    NONE = "none"
    AWAY = "away"
    HOLIDAY = "holiday"
    EXCEPTION = "exception"
    # Of a year of holidays:
    ADDED = "added"
    TAKEN = "taken"
    ORDINARY = "ordinary"
    WEEKEND = "weekend"


SIGNS: Mapping[Mark, str] = {
    Mark.WHOLE: "■",
    Mark.PART: "◪",
    Mark.NONE: "·",
    Mark.AWAY: "✕",
    Mark.HOLIDAY: "★",
    Mark.EXCEPTION: "◆",
    Mark.ADDED: "✚",
    Mark.TAKEN: "✕",
    Mark.ORDINARY: "·",
    Mark.WEEKEND: "▫",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekDay:
    """A row of a week: ``bars`` are (from, length) in minutes, ``hours`` the same in words."""

    name: str
    bars: list[tuple[int, int]]
    hours: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """A row of a year: a mark a day."""

    name: str
    days: list[Mark]


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def bounds(first: date, days: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants in which so many days begin and end."""
    start = instant(first, 0, zone, latest=False)
    return start, instant(first + days * ONE_DAY, 0, zone, latest=True)


def by_day(spans: Iterable[Span], zone: ZoneInfo) -> dict[date, list[tuple[int, int]]]:
    """Spans, which come in order, cut at each midnight of ``zone``; what overlaps is one. What ends
    in an hour's second showing, no later than it began in the first, is drawn to the hour's end."""
    found: dict[date, list[tuple[int, int]]] = {}
    for span in united(spans):
        start, end = span.start.astimezone(zone), span.end.astimezone(zone)
        day, begins = start.date(), start.hour * 60 + start.minute
        while day < end.date():
            found.setdefault(day, []).append((begins, DAY))
            day, begins = day + ONE_DAY, 0
        ends = end.hour * 60 + end.minute
        if end.fold and ends <= begins and span.start < span.end:
            ends = _HOUR * (begins // _HOUR + 1)
        if ends > begins:
            found.setdefault(day, []).append((begins, ends))
    return found


def of_schedule(
    schedule: Schedule, first: date, days: int, zone: ZoneInfo
) -> dict[date, list[tuple[int, int]]]:
    """When a site is open, its tolerances aside."""
    spans = [
        Span(
            instant(day, hours.start, zone, latest=False),
            instant(day, hours.end, zone, latest=True),
        )
        for day in (first + n * ONE_DAY for n in range(-1, days))
        for hours in schedule.hours(day)
    ]
    return by_day(spans, zone)


def week(there: ByDay, monday: date, language: str) -> list[WeekDay]:
    """The seven days from ``monday``."""
    return [
        WeekDay(
            name=i18n.date_as(day, "EEEE d MMMM", language),
            bars=[(start, end - start) for start, end in there.get(day, ())],
            hours=", ".join(f"{_clock(a)}–{_clock(b)}" for a, b in there.get(day, ())),
        )
        for day in (monday + n * ONE_DAY for n in range(7))
    ]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def year(
    there: ByDay, number: int, special: Callable[[date], Mark | None], language: str
) -> list[Month]:
    """The twelve months of a year; ``special`` says what a day is beyond its hours."""

    def mark(day: date) -> Mark:
        minutes = sum(end - start for start, end in there.get(day, ()))
        plain = Mark.NONE if not minutes else Mark.WHOLE if minutes >= DAY else Mark.PART
        return special(day) or plain

    months = []
    for month in range(1, 13):
        first = date(number, month, 1)
        days = [first + n * ONE_DAY for n in range(31)]
        ours = [mark(day) for day in days if day.month == month]
        months.append(Month(name=i18n.date_as(first, "MMMM", language), days=ours))
    return months
