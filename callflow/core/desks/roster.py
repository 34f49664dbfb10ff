"""The duty roster: who is to be at the desks, or can be called, from when to when. Pure.

Instants are UTC. Hours are typed and read in the station's zone: a duty from 22:00 to 06:00 lasts
seven or nine hours in the nights when the clock changes.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import combinations
from zoneinfo import ZoneInfo

from callflow.core.time.availability import without
from callflow.core.time.hours import DAY, CalendarError, Span, instant

_HOUR = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
#: Weeks over which a duty may be repeated at once.
MOST_WEEKS = 53
#: A duty is no longer than this.
LONGEST = timedelta(days=31)


class Part(StrEnum):
    """What somebody is there for."""

    OPERATOR = "operator"  # at the desks
    TECHNICIAN = "technician"  # called before the station's duty numbers (technicien d'astreinte)
    SUPERVISOR = "supervisor"  # called when neither desk nor technician answers


#: A part that somebody has within this time of a day is planned: nobody on that day is a gap.
AROUND = timedelta(weeks=4)

#: Of these one at a time is enough: who of two is called?
_ONE = frozenset({Part.TECHNICIAN, Part.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody has ``part`` from ``begins_at`` until ``ends_at``. Times are UTC."""

    id: str
    part: Part
    user_id: str | None  # None: somebody who has no account
    name: str
    phone: str | None  # E.164
    begins_at: datetime
    ends_at: datetime
    made_by: str
    made_at: datetime

    @property
    def span(self) -> Span:
        return Span(self.begins_at, self.ends_at)


class What(StrEnum):
    """What is wrong with a roster."""

    NOBODY = "nobody"
    TWO = "two"  # two at once in a part for one
    TWICE = "twice"  # one person in two places
    NO_NUMBER = "no_number"  # somebody who is to be called, and can't be


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """``what`` is wrong, of whom and when."""

    what: What
    part: Part
    span: Span
    names: tuple[str, ...] = ()


def on_duty(duties: Iterable[Duty], part: Part, at: datetime) -> tuple[Duty, ...]:
    """Who has ``part`` at ``at``, whoever began first at the front."""
    there = (d for d in duties if d.part is part and d.begins_at <= at < d.ends_at)
    return tuple(sorted(there, key=lambda duty: (duty.begins_at, duty.id)))


def numbers(duties: Iterable[Duty], part: Part, at: datetime) -> tuple[str, ...]:
    """The numbers of those on duty, each once."""
    found = (duty.phone for duty in on_duty(duties, part, at) if duty.phone is not None)
    return tuple(dict.fromkeys(found))


def findings(duties: Sequence[Duty], start: datetime, end: datetime) -> list[Finding]:
    """What is wrong between two instants, by time. A part that nobody has ``AROUND`` them is not
    planned: ``duties`` are those from so long before until so long after."""
    within = [d for d in duties if d.begins_at < end and d.ends_at > start]
    planned = {duty.part for duty in duties}
    found = [*_nobody(within, planned, Span(start, end)), *_two(within), *_no_number(within)]
    return sorted(found, key=lambda finding: (finding.span, finding.part, finding.what))


def _nobody(duties: Sequence[Duty], planned: Collection[Part], span: Span) -> Iterator[Finding]:
    for part in Part:
        if part in planned:
            for gap in without([span], [duty.span for duty in duties if duty.part is part]):
                yield Finding(what=What.NOBODY, part=part, span=gap)


def _two(duties: Sequence[Duty]) -> Iterator[Finding]:
    for one, other in combinations(sorted(duties, key=lambda duty: duty.span), 2):
        both = Span(max(one.begins_at, other.begins_at), min(one.ends_at, other.ends_at))
        if both.start >= both.end:
            continue
        names = tuple(dict.fromkeys((one.name, other.name)))
        if len(names) == 1:
            yield Finding(what=What.TWICE, part=one.part, span=both, names=names)
        elif one.part is other.part and one.part in _ONE:
            yield Finding(what=What.TWO, part=one.part, span=both, names=names)


def _no_number(duties: Sequence[Duty]) -> Iterator[Finding]:
    for duty in duties:
        if duty.part in _ONE and duty.phone is None:
            what, names = What.NO_NUMBER, (duty.name,)
            yield Finding(what=what, part=duty.part, span=duty.span, names=names)


def spans(
    first: date, last: date, start: str, end: str, zone: ZoneInfo, *, weeks: int = 1
) -> list[Span]:
    """From ``start`` on the first day until ``end`` on the last, both "HH:MM" in ``zone``; the same
    in each of so many weeks. Raises CalendarError, naming the field.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise CalendarError("weeks", f"must be 1 to {MOST_WEEKS}")
    begin, until = _minutes(start, "start"), _minutes(end, "end")
    made = []
    for week in range(weeks):
        begins = instant(first + timedelta(weeks=week), begin, zone, latest=False)
        ends = instant(last + timedelta(weeks=week), until, zone, latest=True)
        made.append(Span(begins, ends))
    if made[0].end <= made[0].start:
        raise CalendarError("last", "must be after the beginning: a night ends on the next day")
    if made[0].end - made[0].start > LONGEST:
        raise CalendarError("last", f"must be within {LONGEST.days} days of the first")
    if weeks > 1 and made[0].end > made[1].start:
        raise CalendarError("weeks", "must be 1: it lasts longer than a week")
    return made


def _minutes(text: str, field: str) -> int:
    """Minutes after midnight; 24:00 is the day's end."""
    match = _HOUR.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match else DAY + 1
    if minutes > DAY:
        raise CalendarError(field, "must be an hour, such as 08:00 or 19:30")
    return minutes
