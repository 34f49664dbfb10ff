"""When a person can be called: week, holidays, duties, absences, both changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.time.availability import ALWAYS, Availability, available, gaps
from callflow.core.time.hours import DAYS, CalendarError, Span

PARIS = ZoneInfo("Europe/Paris")
OFFICE = {"week": {day: ["08:00-18:00"] for day in DAYS[:5]}}
NIGHTS = {"week": {day: ["18:00-08:00"] for day in DAYS}}


def paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


def there(at: str, body: dict[str, Any], fold: int = 0) -> bool:
    return available(Availability.from_json(body), paris(at, fold), PARIS)


def span(start: str, end: str) -> dict[str, str]:
    return {"from": paris(start).isoformat(), "until": paris(end).isoformat()}


def empty(*bodies: dict[str, Any], start: str, days: int = 1) -> list[Span]:
    return gaps([Availability.from_json(body) for body in bodies], PARIS, paris(start), days)


def test_somebody_without_a_calendar_is_always_there() -> None:
    assert available(ALWAYS, paris("2026-12-25T03:00"), PARIS)
    assert Availability.from_json({}) == ALWAYS
    assert ALWAYS.to_json() == {}


# 2026-11-25 is a Wednesday.
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-25T07:59:59", False),
        ("2026-11-25T08:00", True),
        ("2026-11-25T17:59:59", True),
        ("2026-11-25T18:00", False),
        ("2026-11-28T10:00", False),  # Saturday
    ],
)
def test_a_week_says_when(at: str, expected: bool) -> None:
    assert there(at, OFFICE) is expected


def test_a_night_goes_over_midnight() -> None:
    friday = {"week": {"fri": ["22:00-06:00"]}}
    assert there("2026-11-28T05:59", friday)
    assert not there("2026-11-28T06:00", friday)
    assert not there("2026-11-28T22:30", friday)


def test_a_week_without_hours_is_nobody_and_no_week_is_always() -> None:
    assert not there("2026-11-25T10:00", {"week": {}})
    assert there("2026-11-25T10:00", {"week": None})


@pytest.mark.parametrize(("rule", "expected"), [("closed", False), ("as_usual", True)])
def test_a_holiday_is_free_or_as_usual(rule: str, expected: bool) -> None:
    body = {**OFFICE, "holidays": {"country": "FR", "open": rule}}
    assert there("2026-11-11T10:00", body) is expected
    assert there("2026-11-12T10:00", body)


def test_somebody_may_be_there_all_day_on_holidays_and_in_one_region_only() -> None:
    body = {"week": {}, "holidays": {"country": "FR", "region": "Alsace", "open": "all_day"}}
    assert there("2026-04-03T23:59", body)  # Good Friday
    assert not there("2026-04-02T23:59", body)
    elsewhere = {"week": {}, "holidays": {"country": "FR", "open": "all_day"}}
    assert not there("2026-04-03T12:00", elsewhere)


def test_who_is_always_there_but_on_holidays_needs_no_week() -> None:
    body = {"holidays": {"country": "FR"}}
    assert there("2026-11-10T23:59", body)
    assert not there("2026-11-11T12:00", body)


def test_a_duty_alone_is_all_there_is_and_comes_beside_a_week() -> None:
    duty = {"duties": [span("2026-11-28T20:00", "2026-11-29T08:00")]}
    assert there("2026-11-29T03:00", duty)
    assert not there("2026-11-25T10:00", duty)
    assert there("2026-11-25T10:00", {**OFFICE, **duty})


def test_an_absence_wins_over_week_and_duty() -> None:
    away = {"leaves": [span("2026-11-25T09:00", "2026-11-25T10:00")]}
    busy = {**OFFICE, **away, "duties": [span("2026-11-25T09:30", "2026-11-25T20:00")]}
    assert there("2026-11-25T08:59", busy)
    assert not there("2026-11-25T09:45", busy)
    assert there("2026-11-25T10:00", busy)


# --- the clock goes back on 2026-10-25 at 03:00, forward on 2026-03-29 at 02:00 -----------


def test_both_hours_of_the_night_that_has_two_are_covered() -> None:
    until = {"week": {"sun": ["00:00-02:30"]}}
    assert there("2026-10-25T02:15", until)
    assert there("2026-10-25T02:15", until, fold=1)
    assert not there("2026-10-25T02:30", until, fold=1)
    begins = {"week": {"sun": ["02:30-04:00"]}}
    assert there("2026-10-25T02:45", begins)
    assert there("2026-10-25T02:15", begins, fold=1)


def test_shifts_that_meet_in_the_hour_that_is_missing_leave_no_gap() -> None:
    one, other = {"week": {"sun": ["00:00-02:30"]}}, {"week": {"sun": ["02:30-24:00"]}}
    assert empty(one, other, start="2026-03-29T00:00", days=1)[0].start == paris("2026-03-30T00:00")


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-11-25"])
def test_day_and_night_meet_on_every_day_of_the_year(day: str) -> None:
    days = {"week": {day: ["08:00-18:00"] for day in DAYS}}
    assert empty(days, NIGHTS, start=f"{day}T00:00") == []


# --- gaps ---------------------------------------------------------------------------------


def test_gaps_are_where_nobody_is_there() -> None:
    assert empty(OFFICE, start="2026-11-25T00:00") == [
        Span(paris("2026-11-25T00:00"), paris("2026-11-25T08:00")),
        Span(paris("2026-11-25T18:00"), paris("2026-11-26T00:00")),
    ]
    assert empty(OFFICE, NIGHTS, start="2026-11-23T00:00", days=5) == []
    weekend = empty(OFFICE, NIGHTS, start="2026-11-27T12:00", days=2)
    assert weekend == [
        Span(paris("2026-11-28T08:00"), paris("2026-11-28T18:00")),
        Span(paris("2026-11-29T08:00"), paris("2026-11-29T12:00")),
    ]


def test_without_anybody_all_is_a_gap_and_with_somebody_always_there_nothing() -> None:
    assert empty(start="2026-11-25T00:00") == [
        Span(paris("2026-11-25T00:00"), paris("2026-11-26T00:00"))
    ]
    assert empty(OFFICE, {}, start="2026-11-25T00:00", days=365) == []


_MINUTE = st.integers(0, 1439)
_INTERVAL = st.tuples(_MINUTE, _MINUTE).filter(lambda pair: pair[0] != pair[1])
_AT = st.integers(0, 2 * 525_600).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@st.composite
def _bodies(draw: st.DrawFn) -> dict[str, Any]:
    body: dict[str, Any] = {}
    week = {day: draw(_INTERVAL) for day in draw(st.sets(st.sampled_from(DAYS)))}
    if draw(st.booleans()):
        body["week"] = {day: [f"{_clock(a)}-{_clock(b)}"] for day, (a, b) in week.items()}
    for name in ("duties", "leaves"):
        body[name] = [
            {"from": at.isoformat(), "until": (at + timedelta(minutes=length)).isoformat()}
            for at, length in draw(st.lists(st.tuples(_AT, st.integers(1, 60_000)), max_size=3))
        ]
    if draw(st.booleans()):
        rule = draw(st.sampled_from(["closed", "as_usual", "all_day"]))
        body["holidays"] = {"country": "FR", "open": rule}
    return body


@given(st.lists(_bodies(), max_size=3), _AT, st.lists(st.integers(0, 20 * 1440), min_size=20))
def test_an_instant_lies_in_a_gap_exactly_when_nobody_is_there(
    bodies: list[dict[str, Any]], start: datetime, minutes: list[int]
) -> None:
    people = [Availability.from_json(body) for body in bodies]
    found = gaps(people, PARIS, start, 20)
    assert all(one.end < two.start for one, two in pairwise(found))
    for at in (start + timedelta(minutes=each) for each in minutes if each < 20 * 1440):
        nobody = not any(available(person, at, PARIS) for person in people)
        assert nobody is any(gap.start <= at < gap.end for gap in found)


@given(_bodies())
def test_what_is_written_is_read_alike(body: dict[str, Any]) -> None:
    read = Availability.from_json(body)
    assert Availability.from_json(read.to_json()) == read


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "availability"),
        ({"hours": {}}, "availability.hours"),
        ({"week": {"wed": ["8-18"]}}, "availability.week.wed.0"),
        ({"holidays": {"country": "FR", "open": "never"}}, "availability.holidays.open"),
        ({"leaves": [{"from": "2026-08-01", "until": "2026-08-02"}]}, "availability.leaves.0.from"),
        ({"leaves": [span("2026-08-02T00:00", "2026-08-01T00:00")]}, "availability.leaves.0.until"),
        ({"leaves": {}}, "availability.leaves"),
        ({"duties": [{"from": "2026-08-01T00:00Z"}]}, "availability.duties.0.until"),
        (
            {"replacements": [span("2026-08-01T00:00", "2026-08-02T00:00")]},
            "availability.replacements.0.contact",
        ),
    ],
)
def test_what_is_wrong_is_named(body: Any, field: str) -> None:
    with pytest.raises(CalendarError) as refused:
        Availability.from_json(body)
    assert refused.value.field == field
    assert refused.value.message
