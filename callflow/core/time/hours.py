"""A week of hours in a place's own time, and what a clock that changes makes of them.

What a site's schedule (``schedule``) and a person's availability (``availability``) both need. As
JSON a week is ``{"mon": ["08:00-12:00", "13:30-18:30"], "fri": ["22:00-06:00"]}``: an interval
whose end is not after its start ends on the next day; a whole day is ``00:00-24:00``. Where the
clock shows an hour twice or not at all, what makes an interval longer counts.

Readers raise CalendarError, naming the field.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60  # minutes
ONE_DAY = timedelta(days=1)
_INTERVAL = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_MOST = 24  # intervals of a day


class CalendarError(ValueError):
    """``field`` of a calendar is wrong; the message says what it must be. ``said`` is the message
    without what it is ``about``, which no translation knows."""

    def __init__(self, field: str, said: str, about: str = "") -> None:
        self.field, self.said, self.about = field, said, about
        self.message = f"{said}: {about}" if about else said
        super().__init__(f"{field}: {self.message}")


class Interval(NamedTuple):
    """Hours in minutes after the midnight that begins their day; they may end on the next."""

    start: int
    end: int


class Span(NamedTuple):
    """Instants (UTC), from ``start`` until ``end``."""

    start: datetime
    end: datetime


Week = tuple[tuple[Interval, ...], ...]
WHOLE_DAY = (Interval(0, DAY),)
#: A week without hours. A week begins on Monday.
NEVER: Week = ((),) * 7


def instant(day: date, minutes: int, zone: ZoneInfo, *, latest: bool) -> datetime:
    """The instant of a wall clock's time; of two meanings the earlier or the ``latest``."""
    midnight = _plain_midnight(day, zone)
    if midnight is not None:
        return midnight + timedelta(minutes=minutes)
    whole, rest = divmod(minutes, DAY)
    wall = datetime.combine(day + whole * ONE_DAY, time(rest // 60, rest % 60), zone)
    both = (wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC))
    return max(both) if latest else min(both)


@lru_cache(maxsize=4096)
def _plain_midnight(day: date, zone: ZoneInfo) -> datetime | None:
    """The midnight that begins ``day``, where no clock changes in the two days after it."""
    midnights = (datetime.combine(day + n * ONE_DAY, time(), zone) for n in range(4))
    if len({midnight.utcoffset() for midnight in midnights}) > 1:
        return None
    return datetime.combine(day, time(), zone).astimezone(UTC)


def united(spans: Iterable[Span]) -> Iterator[Span]:
    """``spans``, in the order of their starts, as those that neither touch nor overlap."""
    open_: Span | None = None
    for span in spans:
        if open_ is None or span.start > open_.end:
            if open_ is not None:
                yield open_
            open_ = span
        else:
            open_ = Span(open_.start, max(open_.end, span.end))
    if open_ is not None:
        yield open_


# --- reading ------------------------------------------------------------------------------


def only(body: Any, name: str, known: frozenset[str]) -> None:
    """Refuse anything but an object of ``known`` keys."""
    if not isinstance(body, dict):
        raise CalendarError(name, f"must be an object with {', '.join(sorted(known))}")
    for key in body:
        if key not in known:
            raise CalendarError(f"{name}.{key}", f"is none of {', '.join(sorted(known))}")


def read_week(body: Any, name: str) -> Week:
    """The week that ``body`` describes."""
    only(body, name, frozenset(DAYS))
    return tuple(read_hours(body.get(day, []), f"{name}.{day}") for day in DAYS)


def write_week(week: Week) -> dict[str, list[str]]:
    """As ``read_week`` takes it."""
    return {name: write_hours(hours) for name, hours in zip(DAYS, week, strict=True) if hours}


def read_hours(body: Any, name: str) -> tuple[Interval, ...]:
    """The intervals of a day."""
    if not isinstance(body, list) or len(body) > _MOST:
        raise CalendarError(name, 'must be a list of intervals, such as ["08:00-18:30"]')
    hours = tuple(_interval(text, f"{name}.{place}") for place, text in enumerate(body))
    for place, (one, other) in enumerate(pairwise(hours), start=1):
        if other.start < one.end:
            raise CalendarError(f"{name}.{place}", "begins before the one ahead of it ends")
    return hours


def _interval(text: Any, name: str) -> Interval:
    match = _INTERVAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise CalendarError(name, "must be from-to, such as 08:00-18:30 or 22:00-06:00")
    hours = [int(part) for part in match.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if start >= DAY or end > DAY:
        raise CalendarError(name, "a day begins at 00:00 and ends at 24:00")
    if start == end:
        raise CalendarError(name, "is empty: a whole day is 00:00-24:00")
    return Interval(start, end if end > start else end + DAY)


def write_hours(hours: tuple[Interval, ...]) -> list[str]:
    """As ``read_hours`` takes it."""
    return [f"{_text(each.start)}-{_text(each.end)}" for each in hours]


def _text(minutes: int) -> str:
    minutes = minutes - DAY if minutes > DAY else minutes
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
