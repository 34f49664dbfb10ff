"""When a site may be open, and by when it must be armed again: a week, exceptions, holidays.

As JSON (``Schedule.from_json`` says what is wrong, naming the field)::

    {"week": {"mon": ["08:00-12:00", "13:30-18:30"], "fri": ["22:00-06:00"],
              "sat": ["00:00-24:00"]},
     "exceptions": {"2026-12-24": ["08:00-12:00"], "2026-08-15": []},
     "holidays": {"country": "FR", "region": "Alsace", "open": "closed"},
     "early": 15, "late": 30,
     "arrived_within": 5, "arrived_code": "", "arrived_user": "12"}

Hours are the site's own; an interval whose end is not after its start ends on the next day.
``early`` minutes before an opening it is on time already; ``late`` minutes after a closing it must
be armed. Where the clock shows an hour twice or not at all, what keeps the site open longer counts:
an hour too many is better than 200 false alarms on a Sunday morning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NOON, _DAY = 12 * 60, 24 * 60  # minutes
_ONE_DAY = timedelta(days=1)
#: An opening so shortly before it would be on time is *early*; any other is *out of hours*.
EARLY_WITHIN = timedelta(hours=2)
#: How far ahead the next closing is looked for: the longest closed season.
_AHEAD = 370
#: How far back closings are remembered.
_BACK = 15
_INTERVAL = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_MOST = 24  # intervals of a day


class ScheduleError(ValueError):
    """``field`` of a schedule is wrong; the message says what it must be."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


class Opening(StrEnum):
    """What the schedule says to an opening."""

    ON_TIME = "on_time"
    EARLY = "early"
    OUT_OF_HOURS = "out_of_hours"


class Interval(NamedTuple):
    """Open hours, in minutes after the midnight that begins their day; they may end the next."""

    start: int
    end: int


class Span(NamedTuple):
    """Instants (UTC) between which the site may be open, margins included."""

    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """One site's hours. ``week`` begins on Monday."""

    week: tuple[tuple[Interval, ...], ...] = ((),) * 7
    exceptions: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    country: str | None = None
    region: str | None = None
    open_on_holidays: bool = False
    early: timedelta = timedelta()
    late: timedelta = timedelta()
    #: D18: so soon after an opening "arrived well" must come, as this code or from this user.
    arrived_within: timedelta | None = None
    arrived_code: str = ""
    arrived_user: str = ""

    def hours(self, day: date) -> tuple[Interval, ...]:
        """The open intervals that begin on ``day``."""
        if day in self.exceptions:
            return self.exceptions[day]
        if not self.open_on_holidays and self.country and day in _holidays(self):
            return ()
        return self.week[day.weekday()]

    def judge(self, at: datetime, zone: ZoneInfo) -> Opening:
        """Whether an opening at ``at`` is on time."""
        for span in self._spans(at, zone, back=2, ahead=3):
            if at < span.start:
                early = span.start - at <= EARLY_WITHIN
                return Opening.EARLY if early else Opening.OUT_OF_HOURS
            if at <= span.end:
                return Opening.ON_TIME
        return Opening.OUT_OF_HOURS

    def next_closing(self, after: datetime, zone: ZoneInfo) -> datetime | None:
        """When, after ``after``, every partition must be armed; None: the schedule never says."""
        spans = self._spans(after, zone, back=2, ahead=_AHEAD)
        return next((span.end for span in spans if span.end > after), None)

    def last_closings(self, at: datetime, zone: ZoneInfo) -> list[datetime]:
        """The closings that were to be seen until ``at``, the newest first; of two weeks."""
        spans = self._spans(at, zone, back=_BACK, ahead=2)
        return [span.end for span in spans if span.end <= at][::-1]

    def _spans(self, at: datetime, zone: ZoneInfo, *, back: int, ahead: int) -> Iterator[Span]:
        """What is open around ``at``, in order; what touches is one, so that nobody has to arm in
        between. The last one is left out where it may go on beyond the days looked at."""
        today = at.astimezone(zone).date()
        open_: Span | None = None
        for offset in range(-back, ahead + 1):
            day = today + offset * _ONE_DAY
            for hours in self.hours(day):
                span = self._span(day, hours, zone)
                if open_ is None or span.start > open_.end:
                    if open_ is not None:
                        yield open_
                    open_ = span
                else:
                    open_ = Span(open_.start, max(open_.end, span.end))
        last = _instant(today + ahead * _ONE_DAY, 0, zone, latest=False)
        if open_ is not None and (open_.end < last or ahead < _AHEAD):
            yield open_

    def _span(self, day: date, hours: Interval, zone: ZoneInfo) -> Span:
        return Span(
            _instant(day, hours.start, zone, latest=False) - self.early,
            _instant(day, hours.end, zone, latest=True) + self.late,
        )

    @classmethod
    def from_json(cls, body: Any) -> Schedule:
        """The schedule that ``body`` describes. Raises ScheduleError."""
        _only(body, "schedule", _KEYS)
        country, region, as_usual = _holiday_rule(body.get("holidays"))
        within = body.get("arrived_within")
        return cls(
            week=_week(body.get("week", {})),
            exceptions=_exceptions(body.get("exceptions", {})),
            country=country,
            region=region,
            open_on_holidays=as_usual,
            early=_minutes(body.get("early", 0), "schedule.early", least=0),
            late=_minutes(body.get("late", 0), "schedule.late", least=0),
            arrived_within=(
                None if within is None else _minutes(within, "schedule.arrived_within", least=1)
            ),
            arrived_code=_short(body.get("arrived_code", ""), "schedule.arrived_code"),
            arrived_user=_short(body.get("arrived_user", ""), "schedule.arrived_user"),
        )

    def to_json(self) -> dict[str, Any]:
        """As ``from_json`` takes it."""
        body: dict[str, Any] = {
            "week": {
                name: _texts(hours) for name, hours in zip(DAYS, self.week, strict=True) if hours
            },
            "exceptions": {day.isoformat(): _texts(h) for day, h in self.exceptions.items()},
            "early": self.early.total_seconds() / 60,
            "late": self.late.total_seconds() / 60,
        }
        if self.country is not None:
            rule = "as_usual" if self.open_on_holidays else "closed"
            body["holidays"] = {"country": self.country, "region": self.region, "open": rule}
        if self.arrived_within is not None:
            body["arrived_within"] = self.arrived_within.total_seconds() / 60
        if self.arrived_code:
            body["arrived_code"] = self.arrived_code
        if self.arrived_user:
            body["arrived_user"] = self.arrived_user
        return body


_KEYS = frozenset(
    "week exceptions holidays early late arrived_within arrived_code arrived_user".split()
)


def _instant(day: date, minutes: int, zone: ZoneInfo, *, latest: bool) -> datetime:
    """The instant of a wall clock's time; of two meanings the earlier or the ``latest``."""
    whole, rest = divmod(minutes, _DAY)
    wall = datetime.combine(day + whole * _ONE_DAY, time(rest // 60, rest % 60), zone)
    both = (wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC))
    return max(both) if latest else min(both)


def _holidays(schedule: Schedule) -> HolidayBase:
    return _calendar(schedule.country or "", schedule.region)


def _library() -> ModuleType:
    """Loaded where a schedule needs it: it takes a tenth of a second, and a dead role must be back
    at once."""
    import holidays  # noqa: PLC0415

    return holidays


@lru_cache(maxsize=64)
def _calendar(country: str, region: str | None) -> HolidayBase:
    """Raises NotImplementedError where there is no such country or region."""
    return cast("HolidayBase", _library().country_holidays(country, subdiv=region))


# --- reading ------------------------------------------------------------------------------


def _only(body: Any, name: str, known: frozenset[str]) -> None:
    if not isinstance(body, dict):
        raise ScheduleError(name, f"must be an object with {', '.join(sorted(known))}")
    for key in body:
        if key not in known:
            raise ScheduleError(f"{name}.{key}", f"is none of {', '.join(sorted(known))}")


def _week(body: Any) -> tuple[tuple[Interval, ...], ...]:
    _only(body, "schedule.week", frozenset(DAYS))
    return tuple(_hours(body.get(day, []), f"schedule.week.{day}") for day in DAYS)


def _exceptions(body: Any) -> dict[date, tuple[Interval, ...]]:
    if not isinstance(body, dict):
        raise ScheduleError("schedule.exceptions", "must be an object: date → intervals")
    found = {}
    for day, hours in body.items():
        name = f"schedule.exceptions.{day}"
        try:
            found[date.fromisoformat(day)] = _hours(hours, name)
        except (TypeError, ValueError) as error:
            if isinstance(error, ScheduleError):
                raise
            raise ScheduleError(name, "its key is no date, such as 2026-12-24") from None
    return found


def _hours(body: Any, name: str) -> tuple[Interval, ...]:
    if not isinstance(body, list) or len(body) > _MOST:
        raise ScheduleError(name, 'must be a list of intervals, such as ["08:00-18:30"]')
    hours = tuple(_interval(text, f"{name}.{place}") for place, text in enumerate(body))
    for place, (one, other) in enumerate(pairwise(hours), start=1):
        if other.start < one.end:
            raise ScheduleError(f"{name}.{place}", "begins before the one ahead of it ends")
    return hours


def _interval(text: Any, name: str) -> Interval:
    match = _INTERVAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ScheduleError(name, "must be from-to, such as 08:00-18:30 or 22:00-06:00")
    hours = [int(part) for part in match.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if start >= _DAY or end > _DAY:
        raise ScheduleError(name, "a day begins at 00:00 and ends at 24:00")
    if start == end:
        raise ScheduleError(name, "is empty: a whole day is 00:00-24:00")
    return Interval(start, end if end > start else end + _DAY)


def _texts(hours: tuple[Interval, ...]) -> list[str]:
    return [f"{_text(each.start)}-{_text(each.end)}" for each in hours]


def _text(minutes: int) -> str:
    minutes = minutes - _DAY if minutes > _DAY else minutes
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _holiday_rule(body: Any) -> tuple[str | None, str | None, bool]:
    if body is None:
        return None, None, False
    name = "schedule.holidays"
    _only(body, name, frozenset({"country", "region", "open"}))
    country, region, rule = body.get("country"), body.get("region"), body.get("open", "closed")
    if not isinstance(country, str) or country not in _library().list_supported_countries():
        raise ScheduleError(f"{name}.country", "must be a country's two letters, such as FR")
    if region is not None and region not in _regions(country):
        known = ", ".join(_regions(country))
        raise ScheduleError(f"{name}.region", f"{country} has holidays of its own for: {known}")
    if rule not in ("closed", "as_usual"):
        raise ScheduleError(f"{name}.open", "must be closed or as_usual")
    return country, region, rule == "as_usual"


def _regions(country: str) -> list[str]:
    calendar = _calendar(country, None)
    return [*calendar.subdivisions, *calendar.subdivisions_aliases]


def _minutes(value: Any, name: str, *, least: float) -> timedelta:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= _NOON:
        raise ScheduleError(name, f"must be minutes, {least:g} to {_NOON}")
    return timedelta(minutes=value)


def _short(value: Any, name: str) -> str:
    if not isinstance(value, str) or len(value) > 16 or "\0" in value:
        raise ScheduleError(name, "must be a text of at most 16 characters")
    return value
