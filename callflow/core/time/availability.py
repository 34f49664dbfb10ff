"""When a person can be called: a week, holidays, duties, absences, and who stands in meanwhile.

As JSON (``Availability.from_json`` says what is wrong, naming the field)::

    {"week": {"mon": ["08:00-18:00"], "fri": ["22:00-06:00"]},
     "holidays": {"country": "FR", "region": "Alsace", "open": "closed"},
     "duties": [{"from": "2026-12-24T17:00:00Z", "until": "2026-12-26T07:00:00Z"}],
     "leaves": [{"from": "2026-08-01T00:00:00+02:00", "until": "2026-08-16T00:00:00+02:00"}],
     "replacements": [{"contact": "c2", "from": "2026-08-01T00:00:00Z",
                       "until": "2026-08-16T00:00:00Z"}]}

Hours are those of the site's zone. Neither ``week`` nor ``duties``: always. On a holiday a person
is absent (``closed``), as on any other day (``as_usual``), or there all day long (``all_day``).
``duties`` come beside the week, holidays or not; an absence wins over everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from heapq import merge
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from callflow.core.time.holidays import NO_DAYS, Holidays, OwnDays, read_holidays, write_holidays
from callflow.core.time.hours import (
    ONE_DAY,
    WHOLE_DAY,
    CalendarError,
    Span,
    Week,
    instant,
    only,
    read_week,
    united,
    write_week,
)
from callflow.core.time.instants import to_iso

#: What a holiday makes of the day: the person is absent, as on any other day, there all day long.
_HOLIDAYS = ("closed", "as_usual", "all_day")
#: Duties, absences or replacements of one person.
MOST = 2000

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Replacement:
    """``contact`` stands in for a person within ``span``, in that person's hours."""

    contact: str
    span: Span


@dataclass(frozen=True, kw_only=True, slots=True)
class Availability:
    """When one person can be called."""

    week: Week | None = None
    holidays: Holidays | None = None
    duties: tuple[Span, ...] = ()
    leaves: tuple[Span, ...] = ()
    replacements: tuple[Replacement, ...] = ()

    @property
    def always(self) -> bool:
        """Nothing was said of the person: there at any hour, and nobody stands in."""
        said = self.week, self.holidays, self.duties, self.leaves, self.replacements
        return not any(said) and self.week is None

    def hours(self, start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
        """The person's own hours between two instants, absences not looked at; in order."""
        return _within(start, end, sorted([*self._weekly(start, end, zone), *self.duties]))

    def _weekly(self, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Span]:
        week = self.week
        if week is None:
            if self.duties:
                return
            if self.holidays is None:
                yield Span(start, end)
                return
            week = (WHOLE_DAY,) * 7
        # The day before may reach into the first: over midnight.
        day, last = start.astimezone(zone).date() - ONE_DAY, end.astimezone(zone).date()
        while day <= last:
            hours = week[day.weekday()]
            if self.holidays is not None and self.holidays.on(day):
                hours = _ON_HOLIDAY.get(self.holidays.rule, hours)
            for each in hours:
                yield Span(
                    instant(day, each.start, zone, latest=False),
                    instant(day, each.end, zone, latest=True),
                )
            day += ONE_DAY

    def spans(self, start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
        """When the person is there between two instants, absences taken out; in order."""
        return without(self.hours(start, end, zone), self.leaves)

    @classmethod
    def from_json(
        cls, body: Any, name: str = "availability", own: OwnDays = NO_DAYS
    ) -> Availability:
        """What ``body`` describes, with what the station says of days. Raises CalendarError, whose
        field begins with ``name``."""
        only(body, name, _KEYS)
        week = body.get("week")
        return cls(
            week=None if week is None else read_week(week, f"{name}.week"),
            holidays=read_holidays(body.get("holidays"), f"{name}.holidays", _HOLIDAYS, own),
            duties=_each(body.get("duties", []), f"{name}.duties", _read_span),
            leaves=_each(body.get("leaves", []), f"{name}.leaves", _read_span),
            replacements=_each(
                body.get("replacements", []), f"{name}.replacements", _read_replacement
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """As ``from_json`` takes it; empty for somebody who is always there."""
        body: dict[str, Any] = {}
        if self.week is not None:
            body["week"] = write_week(self.week)
        if self.holidays is not None:
            body["holidays"] = write_holidays(self.holidays)
        if self.duties:
            body["duties"] = [write_span(span) for span in self.duties]
        if self.leaves:
            body["leaves"] = [write_span(span) for span in self.leaves]
        if self.replacements:
            body["replacements"] = [
                {"contact": each.contact, **write_span(each.span)} for each in self.replacements
            ]
        return body


_KEYS = frozenset("week holidays duties leaves replacements".split())
_ON_HOLIDAY: dict[str, tuple[Any, ...]] = {"closed": (), "all_day": WHOLE_DAY}
#: Somebody without a calendar.
ALWAYS = Availability()
_MOMENT = timedelta(microseconds=1)


def available(availability: Availability, at: datetime, zone: ZoneInfo) -> bool:
    """True where the person can be called at ``at`` (UTC); ``zone`` is the site's."""
    return bool(availability.spans(at, at + _MOMENT, zone))


def gaps(
    availabilities: Sequence[Availability], zone: ZoneInfo, start: datetime, days: int
) -> list[Span]:
    """When, in so many days from ``start`` (UTC), none of them is there; in order."""
    end = start + days * ONE_DAY
    there = [each.spans(start, end, zone) for each in availabilities]
    return without([Span(start, end)], reduce(union, there, []))


# --- what spans are made of: lists in order, whose spans neither touch nor overlap --------------


def union(one: Iterable[Span], other: Iterable[Span]) -> list[Span]:
    """What is in either; both come in the order of their starts."""
    return list(united(merge(one, other)))


def intersection(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What is in both."""
    found, first, second = [], 0, 0
    while first < len(one) and second < len(other):
        a, b = one[first], other[second]
        start, end = max(a.start, b.start), min(a.end, b.end)
        if start < end:
            found.append(Span(start, end))
        if a.end <= b.end:
            first += 1
        else:
            second += 1
    return found


def without(spans: Sequence[Span], taken: Iterable[Span]) -> list[Span]:
    """``spans`` but what is in ``taken``, which may come in any order."""
    out = list(united(sorted(taken)))
    found: list[Span] = []
    first = 0
    for span in spans:
        start = span.start
        while first < len(out) and out[first].end <= start:
            first += 1
        place = first
        while place < len(out) and out[place].start < span.end:
            if out[place].start > start:
                found.append(Span(start, out[place].start))
            start = out[place].end
            place += 1
        if start < span.end:
            found.append(Span(start, span.end))
    return found


def _within(start: datetime, end: datetime, spans: Iterable[Span]) -> list[Span]:
    cut = (Span(max(span.start, start), min(span.end, end)) for span in spans)
    return list(united(span for span in cut if span.start < span.end))


# --- reading ------------------------------------------------------------------------------


def _each(body: Any, name: str, read: Callable[[Any, str], _T]) -> tuple[_T, ...]:
    if not isinstance(body, list) or len(body) > MOST:
        raise CalendarError(name, f"must be a list of {MOST} at most")
    return tuple(read(each, f"{name}.{place}") for place, each in enumerate(body))


def _read_span(body: Any, name: str) -> Span:
    only(body, name, frozenset({"from", "until"}))
    return read_span(body, name)


def read_span(body: dict[str, Any], name: str) -> Span:
    """``from`` and ``until`` of ``body``: instants with their offset."""
    start, end = (_instant(body.get(key), f"{name}.{key}") for key in ("from", "until"))
    if start >= end:
        raise CalendarError(f"{name}.until", "must lie after from")
    return Span(start, end)


def write_span(span: Span) -> dict[str, str]:
    """As ``read_span`` takes it."""
    return {"from": to_iso(span.start), "until": to_iso(span.end)}


def _instant(value: Any, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise CalendarError(name, "must be an instant with its offset, such as 2026-08-01T00:00:00Z")


def _read_replacement(body: Any, name: str) -> Replacement:
    only(body, name, frozenset({"contact", "from", "until"}))
    contact = body.get("contact")
    if not isinstance(contact, str) or not 0 < len(contact) <= 64:
        raise CalendarError(f"{name}.contact", "must be the id of the contact who stands in")
    return Replacement(contact=contact, span=read_span(body, name))
