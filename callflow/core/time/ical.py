"""iCalendar (RFC 5545): a calendar of duties or of absences, read into spans and written from them.

Pure. A file comes from outside: it is bounded before anything is expanded, its rules may not repeat
within a day, and its own definitions of time zones are not looked at (IANA's and Windows' names
are known). Times without a zone, and whole days, are the site's. Errors are CalendarErrors.

The libraries are imported where they are used: every process of a station imports this file, few
ever read a calendar, and a role that died would be away a tenth of a second longer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from callflow.core.time.availability import MOST
from callflow.core.time.hours import CalendarError, Span, united

if TYPE_CHECKING:
    from icalendar import Calendar, vRecur
    from icalendar.parser import Contentline

#: Bytes of a file; events in it.
LARGEST, MOST_EVENTS = 256 * 1024, 2000
#: Events that repeat; of those, by days named by their place: 3 s of work at the very worst.
_MOST_REPEATED, _MOST_BY_PLACE = 50, 10
#: How far ahead a calendar is read: the coming year, and a month to send the next file.
AHEAD = timedelta(days=400)
_FIELD = "calendar"
_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_WITHIN_A_DAY = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
_BY_PLACE = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"})
_DAY = re.compile("MO|TU|WE|TH|FR|SA|SU")


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a file says from now ``until`` then (UTC). ``passed_over`` of its events don't count:
    they were cancelled, block no time, or are not among those asked for."""

    spans: tuple[Span, ...]
    events: int
    passed_over: int
    until: datetime


def read(data: bytes, zone: ZoneInfo, now: datetime, *, absences: bool, matching: str = "") -> Read:
    """The spans of a file's events from ``now`` (UTC) on; ``zone`` is the site's.

    Of ``absences``, events that block no time (TRANSPARENT) are passed over: a reminder. With
    ``matching``, only events count whose summary or categories have that text. Raises
    CalendarError.
    """
    until = now + AHEAD
    calendar = _parse(data)
    events = list(calendar.walk("VEVENT"))
    if len(events) > MOST_EVENTS:
        raise CalendarError(_FIELD, f"has more than {MOST_EVENTS} events", str(len(events)))
    for event in events:
        _check_times(event)
    _check_amount(events)
    found, passed_over = _expand(calendar, zone, now, until, absences, matching.casefold())
    spans = tuple(united(sorted(found)))
    if len(spans) > MOST:
        raise CalendarError(
            _FIELD, f"has more than {MOST} times in the coming year", str(len(spans))
        )
    return Read(spans=spans, events=len(events), passed_over=passed_over, until=until)


def _parse(data: bytes) -> Calendar:
    from icalendar import Calendar  # noqa: PLC0415
    from icalendar.parser import Contentlines  # noqa: PLC0415

    if len(data) > LARGEST:
        raise CalendarError(_FIELD, f"is larger than {LARGEST // 1024} KiB")
    try:
        lines = [line for line in Contentlines.from_ical(data.decode("utf-8-sig")) if line]
        calendar = Calendar.from_ical("\r\n".join([*_looked_at(lines), ""]))
    except CalendarError:
        raise
    except Exception as error:  # a parser of others' on a file of others': it may raise anything
        raise CalendarError(_FIELD, "is no iCalendar file that can be read", str(error)) from None
    if not isinstance(calendar, Calendar):
        raise CalendarError(_FIELD, "must be one VCALENDAR")
    return calendar


def _looked_at(lines: Iterable[Contentline]) -> Iterator[Contentline]:
    """``lines`` but for definitions of time zones, every rule checked."""
    from icalendar import vRecur  # noqa: PLC0415

    in_zone = False
    for line in lines:
        name, _, value = line.parts()
        name = name.upper()
        marks = (name, value.upper())
        in_zone = in_zone or marks == ("BEGIN", "VTIMEZONE")
        if in_zone:
            in_zone = marks != ("END", "VTIMEZONE")
            continue
        if name == "EXRULE":
            raise CalendarError(_FIELD, "has an EXRULE, which is obsolete: use EXDATE")
        if name == "RRULE":
            _check_rule(value, vRecur.from_ical(value))
        yield line


def _check_rule(text: str, rule: vRecur) -> None:
    """Refuse what repeats within a day, or never moves on."""
    named = {str(key).upper() for key in rule}
    frequency = [str(each).upper() for each in rule.get("FREQ", [])]
    if len(frequency) != 1 or frequency[0] not in _FREQUENCIES or named & _WITHIN_A_DAY:
        raise CalendarError(_FIELD, "may repeat daily at most, one event for each time", text)
    if any(not 1 <= each <= 1000 for each in rule.get("INTERVAL", [1])):
        raise CalendarError(_FIELD, "INTERVAL must be 1 to 1000", text)


def _check_times(event: Any) -> None:
    if "DTSTART" not in event:
        raise CalendarError(_FIELD, "has an event without DTSTART", _named(event))
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        if name not in event:
            continue
        value = event[name]
        at = getattr(value, "dt", None)
        if not isinstance(at, date) or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            when = f"has a time that is not one from {_FIRST_YEAR} to {_LAST_YEAR}"
            raise CalendarError(_FIELD, when, f"{name}, {_named(event)}")
        zone = value.params.get("TZID")
        if zone is not None and isinstance(at, datetime) and at.tzinfo is None:
            known = "has a time zone whose name is neither IANA's nor Windows'"
            raise CalendarError(_FIELD, known, f"{zone}, {_named(event)}")


def _named(event: Any) -> str:
    return repr(str(event.get("SUMMARY", event.get("UID", "")))[:80])


def _check_amount(events: list[Any]) -> None:
    repeated = [event for event in events if "RRULE" in event]
    for event in repeated:
        if isinstance(event["RRULE"], list):
            raise CalendarError(_FIELD, "has an event with more than one RRULE", _named(event))
    by_place = [event for event in repeated if _is_by_place(event["RRULE"])]
    if len(repeated) > _MOST_REPEATED or len(by_place) > _MOST_BY_PLACE:
        most = f"{_MOST_REPEATED} at most, and {_MOST_BY_PLACE} by the month's or the year's days"
        raise CalendarError(_FIELD, f"may have so many repeated events: {most}", str(len(repeated)))


def _is_by_place(rule: vRecur) -> bool:
    """True where it names days by their place in a month or year: it may fit none, ever, and that
    is only found out at the calendar's end."""
    by_place = any(not _DAY.fullmatch(str(day).upper()) for day in rule.get("BYDAY", []))
    return by_place or any(str(key).upper() in _BY_PLACE for key in rule)


def _expand(
    calendar: Calendar,
    zone: ZoneInfo,
    now: datetime,
    until: datetime,
    absences: bool,
    matching: str,
) -> tuple[list[Span], int]:
    import recurring_ical_events  # noqa: PLC0415

    try:
        # A day more on both sides: times without a zone are not yet in the site's.
        occurrences = recurring_ical_events.of(calendar).between(
            now - timedelta(days=1), until + timedelta(days=1)
        )
    except Exception as error:  # as above
        raise CalendarError(_FIELD, "has repetitions that can't be followed", str(error)) from None
    spans, passed_over = [], set()
    for event in occurrences:
        if not _counts(event, absences, matching):
            passed_over.add(str(event.get("UID")))
            continue
        start, end = (_instant(event[name].dt, zone) for name in ("DTSTART", "DTEND"))
        if start < end and now < end and start < until:
            spans.append(Span(start, min(end, until)))
    return spans, len(passed_over)


def _counts(event: Any, absences: bool, matching: str) -> bool:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return False
    if absences and str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return False
    return not matching or any(matching in text.casefold() for text in _labels(event))


def _labels(event: Any) -> Iterator[str]:
    yield str(event.get("SUMMARY", ""))
    yield from (str(category) for category in event.categories)


def _instant(at: date, zone: ZoneInfo) -> datetime:
    """A time of an event in UTC; a day stands for the midnight that begins it."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Appointment:
    """An event of a calendar that is written. Times are UTC; ``place`` an address."""

    id: str  # the same one each time: programs know it again by that
    begin: datetime
    end: datetime
    summary: str
    description: str = ""
    place: str = ""


def write(spans: Iterable[Span], *, key: str, summary: str, now: datetime) -> bytes:
    """A calendar of ``spans``, each an event of its own, in UTC.

    ``key`` makes the events' ids: the same span has the same one each time.
    """
    return write_all(
        (
            Appointment(id=f"{key}\0{span.start}", begin=span.start, end=span.end, summary=summary)
            for span in spans
        ),
        now=now,
    )


def write_all(appointments: Iterable[Appointment], *, now: datetime, name: str = "") -> bytes:
    """A calendar of ``appointments``, called ``name``."""
    from icalendar import Calendar, Event  # noqa: PLC0415

    calendar = Calendar()
    calendar.add("PRODID", "-//Callflow//Callflow//EN")
    calendar.add("VERSION", "2.0")
    if name:
        calendar.add("X-WR-CALNAME", name)
    for one in appointments:
        event = Event()
        event.add("UID", hashlib.sha256(one.id.encode()).hexdigest()[:32])
        event.add("DTSTAMP", now)
        event.add("DTSTART", one.begin)
        event.add("DTEND", one.end)
        event.add("SUMMARY", one.summary)
        for field, text in (("DESCRIPTION", one.description), ("LOCATION", one.place)):
            if text:
                event.add(field, text)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
