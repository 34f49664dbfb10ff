"""When a site may be open, and by when it must be armed again: a week, exceptions, holidays.

As JSON (``Schedule.from_json`` says what is wrong, naming the field)::

    {"week": {"mon": ["08:00-12:00", "13:30-18:30"], "fri": ["22:00-06:00"],
              "sat": ["00:00-24:00"]},
     "exceptions": {"2026-12-24": ["08:00-12:00"], "2026-08-15": []},
     "holidays": {"country": "FR", "region": "Alsace", "open": "closed"},
     "early": 15, "late": 30,
     "arrived_within": 5, "arrived_code": "", "arrived_user": "12",
     "question": {"text": "Le facteur est-il passé ?", "answers": ["Oui", "Non"], "right": 2}}

Hours are the site's own; an interval whose end is not after its start ends on the next day.
``early`` minutes before an opening it is on time already; ``late`` minutes after a closing it must
be armed. Where the clock shows an hour twice or not at all, what keeps the site open longer counts:
an hour too many is better than 200 false alarms on a Sunday morning. ``question``: what a bank is
asked that did not say that it arrived well, and which of its answers is the one agreed, from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.time.holidays import NO_DAYS, Holidays, OwnDays, read_holidays, write_holidays
from callflow.core.time.hours import (
    NEVER,
    ONE_DAY,
    CalendarError,
    Interval,
    Span,
    Week,
    instant,
    only,
    read_hours,
    read_week,
    united,
    write_hours,
    write_week,
)

_HALF_DAY = 12 * 60  # minutes
#: A closing is put off by so much at most.
_LATER_AT_MOST = 6 * 60  # minutes
#: An opening so shortly before it would be on time is *early*; any other is *out of hours*.
EARLY_WITHIN = timedelta(hours=2)
#: How far ahead the next closing is looked for: the longest closed season.
_AHEAD = 370
#: How far back closings are remembered.
_BACK = 15
#: What a holiday makes of the day: nothing opens, or it is as any other.
_HOLIDAYS = ("closed", "as_usual")


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A conventional question (D18): whoever is threatened gives any answer but the ``right`` one,
    which is counted from 1."""

    text: str
    answers: tuple[str, ...]
    right: int

    @classmethod
    def from_json(cls, body: Any) -> Question:
        """Raises CalendarError."""
        name = "schedule.question"
        only(body, name, frozenset({"text", "answers", "right"}))
        text, answers, right = body.get("text"), body.get("answers"), body.get("right")
        if not _is_line(text, _LONGEST_QUESTION):
            raise CalendarError(f"{name}.text", f"a text of 1 to {_LONGEST_QUESTION} characters")
        listed = isinstance(answers, list) and 2 <= len(answers) <= 9
        if not listed or not all(_is_line(one, _LONGEST_ANSWER) for one in answers):
            raise CalendarError(
                f"{name}.answers", f"2 to 9 answers of at most {_LONGEST_ANSWER} characters"
            )
        if not isinstance(right, int) or isinstance(right, bool) or not 1 <= right <= len(answers):
            raise CalendarError(f"{name}.right", "say which of its answers is right, from 1")
        return cls(text=text, answers=tuple(answers), right=right)

    def to_json(self) -> dict[str, Any]:
        """As ``from_json`` takes it."""
        return {"text": self.text, "answers": list(self.answers), "right": self.right}


#: Characters of a question, and of one of its answers, as they are said on the phone.
_LONGEST_QUESTION, _LONGEST_ANSWER = 300, 60


def _is_line(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= longest and value.isprintable()


class Opening(StrEnum):
    """What the schedule says to an opening."""

    ON_TIME = "on_time"
    EARLY = "early"
    OUT_OF_HOURS = "out_of_hours"


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """One site's hours. ``week`` begins on Monday."""

    week: Week = NEVER
    exceptions: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    holidays: Holidays | None = None
    early: timedelta = timedelta()
    late: timedelta = timedelta()
    #: D18: so soon after an opening "arrived well" must come, as this code or from this user.
    arrived_within: timedelta | None = None
    arrived_code: str = ""
    arrived_user: str = ""
    question: Question | None = None

    def hours(self, day: date) -> tuple[Interval, ...]:
        """The open intervals that begin on ``day``."""
        if day in self.exceptions:
            return self.exceptions[day]
        off = self.holidays
        if off is not None and off.rule == "closed" and off.on(day):
            return ()
        return self.week[day.weekday()]

    def judge(self, at: datetime, zone: ZoneInfo) -> Opening:
        """How an opening at ``at`` lies: on time, early or out of hours."""
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

    def closing_at(self, until: datetime, now: datetime, zone: ZoneInfo) -> Schedule:
        """This schedule, but the last hours of the day, or of the day before where they are not
        over, last until ``until``. Raises CalendarError where that is no later closing of today.
        """
        today = now.astimezone(zone).date()
        for day in (today - ONE_DAY, today):
            hours = self.hours(day)
            if not hours or instant(day, hours[-1].end, zone, latest=True) + self.late < now:
                continue
            last, midnight = hours[-1], instant(day, 0, zone, latest=False)
            end = round((until - midnight) / timedelta(minutes=1))
            if last.end < end <= min(last.end + _LATER_AT_MOST, last.start + 2 * _HALF_DAY):
                changed = {**self.exceptions, day: (*hours[:-1], Interval(last.start, end))}
                return replace(self, exceptions=changed)
        raise CalendarError("schedule", "is no later closing of today")

    def _spans(self, at: datetime, zone: ZoneInfo, *, back: int, ahead: int) -> Iterator[Span]:
        """What is open around ``at``, in order; what touches is one, so that nobody has to arm in
        between. The last one is left out where it may go on beyond the days looked at."""
        today = at.astimezone(zone).date()
        days = (today + offset * ONE_DAY for offset in range(-back, ahead + 1))
        last = instant(today + ahead * ONE_DAY, 0, zone, latest=False)
        for span in united(self._span(day, each, zone) for day in days for each in self.hours(day)):
            if span.end < last or ahead < _AHEAD:
                yield span

    def _span(self, day: date, hours: Interval, zone: ZoneInfo) -> Span:
        return Span(
            instant(day, hours.start, zone, latest=False) - self.early,
            instant(day, hours.end, zone, latest=True) + self.late,
        )

    @classmethod
    def from_json(cls, body: Any, own: OwnDays = NO_DAYS) -> Schedule:
        """The schedule that ``body`` describes, with what the station says of days. Raises
        CalendarError."""
        only(body, "schedule", _KEYS)
        within = body.get("arrived_within")
        return cls(
            week=read_week(body.get("week", {}), "schedule.week"),
            exceptions=_exceptions(body.get("exceptions", {})),
            holidays=read_holidays(body.get("holidays"), "schedule.holidays", _HOLIDAYS, own),
            early=_minutes(body.get("early", 0), "schedule.early", least=0),
            late=_minutes(body.get("late", 0), "schedule.late", least=0),
            arrived_within=(
                None if within is None else _minutes(within, "schedule.arrived_within", least=1)
            ),
            arrived_code=_short(body.get("arrived_code", ""), "schedule.arrived_code"),
            arrived_user=_short(body.get("arrived_user", ""), "schedule.arrived_user"),
            question=Question.from_json(body["question"]) if body.get("question") else None,
        )

    def to_json(self) -> dict[str, Any]:
        """As ``from_json`` takes it."""
        body: dict[str, Any] = {
            "week": write_week(self.week),
            "exceptions": {day.isoformat(): write_hours(h) for day, h in self.exceptions.items()},
            "early": self.early.total_seconds() / 60,
            "late": self.late.total_seconds() / 60,
        }
        if self.holidays is not None:
            body["holidays"] = write_holidays(self.holidays)
        if self.arrived_within is not None:
            body["arrived_within"] = self.arrived_within.total_seconds() / 60
        if self.arrived_code:
            body["arrived_code"] = self.arrived_code
        if self.arrived_user:
            body["arrived_user"] = self.arrived_user
        if self.question is not None:
            body["question"] = self.question.to_json()
        return body


_KEYS = frozenset(
    "week exceptions holidays early late arrived_within arrived_code arrived_user question".split()
)


# --- reading ------------------------------------------------------------------------------


def _exceptions(body: Any) -> dict[date, tuple[Interval, ...]]:
    if not isinstance(body, dict):
        raise CalendarError("schedule.exceptions", "must be an object: date → intervals")
    found = {}
    for day, texts in body.items():
        name = f"schedule.exceptions.{day}"
        try:
            found[date.fromisoformat(day)] = read_hours(texts, name)
        except (TypeError, ValueError) as error:
            if isinstance(error, CalendarError):
                raise
            raise CalendarError(name, "its key is no date, such as 2026-12-24") from None
    return found


def _minutes(value: Any, name: str, *, least: float) -> timedelta:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= _HALF_DAY:
        raise CalendarError(name, f"must be minutes, {least:g} to {_HALF_DAY}")
    return timedelta(minutes=value)


def _short(value: Any, name: str) -> str:
    if not isinstance(value, str) or len(value) > 16 or "\0" in value:
        raise CalendarError(name, "must be a text of at most 16 characters")
    return value
