"""When a site may be open: week, exceptions, holidays, midnight, both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.sites.schedule import Opening, Schedule
from callflow.core.time.hours import DAYS, CalendarError

PARIS = ZoneInfo("Europe/Paris")
SHOP = {
    "week": {day: ["08:00-12:00", "14:00-18:30"] for day in DAYS[:5]},
    "early": 15,
    "late": 30,
}


def paris(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(UTC)


def schedule(**changed: Any) -> Schedule:
    return Schedule.from_json({**SHOP, **changed})


def judged(at: str, **changed: Any) -> str:
    return schedule(**changed).judge(paris(at), PARIS).value


def closing(after: str, **changed: Any) -> datetime | None:
    return schedule(**changed).next_closing(paris(after), PARIS)


# 2026-11-25 is a Wednesday.
@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2026-11-25T08:00", Opening.ON_TIME),
        ("2026-11-25T07:45", Opening.ON_TIME),
        ("2026-11-25T07:44:59", Opening.EARLY),
        ("2026-11-25T05:45", Opening.EARLY),
        ("2026-11-25T05:44:59", Opening.OUT_OF_HOURS),
        ("2026-11-25T12:30", Opening.ON_TIME),
        ("2026-11-25T12:31", Opening.EARLY),  # 13:45 is less than two hours away
        ("2026-11-25T19:00", Opening.ON_TIME),
        ("2026-11-25T19:00:01", Opening.OUT_OF_HOURS),
        ("2026-11-28T10:00", Opening.OUT_OF_HOURS),  # Saturday
    ],
)
def test_an_opening_is_on_time_early_or_out_of_hours(at: str, verdict: Opening) -> None:
    assert judged(at) == verdict


def test_the_next_closing_is_the_end_of_the_interval_and_its_margin() -> None:
    assert closing("2026-11-25T09:00") == paris("2026-11-25T12:30")
    assert closing("2026-11-25T12:30") == paris("2026-11-25T19:00")
    assert closing("2026-11-25T19:00") == paris("2026-11-26T12:30")
    assert closing("2026-11-27T20:00") == paris("2026-11-30T12:30")  # over the week-end


def test_nobody_has_to_arm_between_intervals_whose_margins_touch() -> None:
    hours = {"week": {"wed": ["08:00-12:00", "12:30-18:00"]}}
    assert closing("2026-11-25T09:00", **hours) == paris("2026-11-25T18:30")
    assert judged("2026-11-25T12:20", **hours) == Opening.ON_TIME


def test_an_interval_may_go_over_midnight() -> None:
    hours = {"week": {"fri": ["22:00-06:00"]}, "early": 0, "late": 0}
    assert closing("2026-11-27T23:00", **hours) == paris("2026-11-28T06:00")
    assert judged("2026-11-28T05:59", **hours) == Opening.ON_TIME
    assert judged("2026-11-28T22:30", **hours) == Opening.OUT_OF_HOURS


def test_a_day_may_end_at_24_00_and_go_on_with_the_next() -> None:
    hours = {"week": {"fri": ["08:00-24:00"], "sat": ["00:00-02:00"]}, "early": 0, "late": 0}
    assert closing("2026-11-27T09:00", **hours) == paris("2026-11-28T02:00")


def test_a_site_that_is_always_open_or_always_closed_has_no_closing() -> None:
    assert closing("2026-11-25T09:00", week={day: ["00:00-24:00"] for day in DAYS}) is None
    assert closing("2026-11-25T09:00", week={}) is None
    assert judged("2026-11-25T09:00", week={}) == Opening.OUT_OF_HOURS


def test_an_exception_replaces_the_day() -> None:
    days = {"exceptions": {"2026-11-25": ["10:00-11:00"], "2026-11-26": []}}
    assert closing("2026-11-25T09:00", **days) == paris("2026-11-25T11:30")
    assert closing("2026-11-25T12:00", **days) == paris("2026-11-27T12:30")


def test_a_holiday_is_closed_unless_it_is_said_to_be_as_usual() -> None:
    armistice = "2026-11-11T10:00"  # a Wednesday
    assert judged(armistice) == Opening.ON_TIME  # no country: no holidays
    assert judged(armistice, holidays={"country": "FR"}) == Opening.OUT_OF_HOURS
    assert judged(armistice, holidays={"country": "FR", "open": "as_usual"}) == Opening.ON_TIME
    fest = {"holidays": {"country": "FR"}, "exceptions": {"2026-11-11": ["09:00-12:00"]}}
    assert judged(armistice, **fest) == Opening.ON_TIME  # an exception counts before a holiday


@pytest.mark.parametrize("region", ["Alsace", "6AE", "Moselle", "57"])
def test_alsace_and_moselle_have_holidays_of_their_own(region: str) -> None:
    good_friday = "2026-04-03T10:00"
    assert judged(good_friday, holidays={"country": "FR"}) == Opening.ON_TIME
    there = {"country": "FR", "region": region}
    assert judged(good_friday, holidays=there) == Opening.OUT_OF_HOURS


# --- the clock goes back on 2026-10-25 at 03:00, forward on 2026-03-29 at 02:00 -----------


def test_the_hour_that_comes_twice_belongs_to_the_open_time() -> None:
    hours = {"week": {"sat": ["20:00-02:30"], "sun": ["02:45-04:00"]}, "early": 0, "late": 0}
    bar = schedule(week={"sat": ["20:00-02:30"]}, early=0, late=0)
    assert bar.judge(paris("2026-10-25T02:15", fold=1), PARIS) is Opening.ON_TIME
    assert bar.next_closing(paris("2026-10-24T21:00"), PARIS) == paris("2026-10-25T02:30", fold=1)
    # A Sunday that begins in that hour: the first of both 02:45 counts.
    sunday = schedule(**hours)
    assert sunday.judge(paris("2026-10-25T02:45", fold=0), PARIS) is Opening.ON_TIME


def test_a_time_that_does_not_exist_keeps_the_site_open_longer() -> None:
    bar = schedule(week={"sat": ["20:00-02:30"]}, early=0, late=0)
    assert bar.next_closing(paris("2026-03-28T21:00"), PARIS) == paris("2026-03-29T03:30")


@pytest.mark.parametrize("day", ["2026-03-29", "2026-03-30", "2026-10-25", "2026-10-26"])
def test_hours_are_the_walls_on_both_sides_of_a_change(day: str) -> None:
    every = {"week": {name: ["08:00-18:00"] for name in DAYS}, "early": 0, "late": 0}
    assert closing(f"{day}T09:00", **every) == paris(f"{day}T18:00")
    assert judged(f"{day}T08:00", **every) == Opening.ON_TIME
    assert judged(f"{day}T07:59", **every) == Opening.EARLY


# --- last closings ------------------------------------------------------------------------


def test_the_closings_of_the_last_days_are_remembered_newest_first() -> None:
    found = schedule().last_closings(paris("2026-11-30T09:00"), PARIS)
    assert found[:2] == [paris("2026-11-27T19:00"), paris("2026-11-27T12:30")]


# --- properties ---------------------------------------------------------------------------

_times = st.integers(0, 24 * 4 - 1).map(lambda q: f"{q // 4:02d}:{q % 4 * 15:02d}")


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    week = {}
    for day in DAYS:
        ends = sorted(draw(st.lists(_times, max_size=6, unique=True)))
        week[day] = [f"{a}-{b}" for a, b in zip(ends[::2], ends[1::2], strict=False)]
    margins = st.integers(0, 90)
    return Schedule.from_json({"week": week, "early": draw(margins), "late": draw(margins)})


_zones = st.sampled_from([PARIS, ZoneInfo("Indian/Reunion"), ZoneInfo("America/St_Johns")])
_instants = st.integers(0, 2 * 365 * 86400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(schedules(), _instants, _zones)
def test_what_is_written_is_read_alike(one: Schedule, at: datetime, zone: ZoneInfo) -> None:
    again = Schedule.from_json(one.to_json())
    assert again == one
    assert again.judge(at, zone) == one.judge(at, zone)


@given(schedules(), _instants, _zones)
def test_a_closing_lies_ahead_and_just_before_it_the_site_may_be_open(
    one: Schedule, at: datetime, zone: ZoneInfo
) -> None:
    due = one.next_closing(at, zone)
    if due is None:
        return
    assert due > at
    assert one.judge(due, zone) is Opening.ON_TIME
    assert one.judge(due + timedelta(seconds=1), zone) is not Opening.ON_TIME
    assert due in one.last_closings(due, zone)


@given(schedules(), _instants, _zones)
def test_between_closings_there_is_no_other(one: Schedule, at: datetime, zone: ZoneInfo) -> None:
    due = one.next_closing(at, zone)
    if due is not None:
        assert one.next_closing(at + (due - at) / 2, zone) == due


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*SHOP, "exceptions", "holidays", "mon", "country", "2026-01-01"]),
                inner,
            )
        ),
        max_leaves=8,
    )
)
def test_anything_else_is_refused_by_name_never_raised(body: Any) -> None:
    refused: CalendarError | None = None
    try:
        Schedule.from_json(body)
    except CalendarError as error:
        refused = error
    assert refused is None or (refused.field.startswith("schedule") and refused.message)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"week": {"mon": ["8:00-12:00"]}}, "schedule.week.mon.0"),
        ({"week": {"mon": ["08:00-24:30"]}}, "schedule.week.mon.0"),
        ({"week": {"mon": ["24:00-02:00"]}}, "schedule.week.mon.0"),
        ({"week": {"mon": ["08:00-08:00"]}}, "schedule.week.mon.0"),
        ({"week": {"mon": ["08:00-12:00", "11:00-13:00"]}}, "schedule.week.mon.1"),
        ({"week": {"monday": []}}, "schedule.week.monday"),
        ({"week": {"mon": "08:00-12:00"}}, "schedule.week.mon"),
        ({"exceptions": {"24/12": []}}, "schedule.exceptions.24/12"),
        ({"exceptions": {"2026-12-24": ["x"]}}, "schedule.exceptions.2026-12-24.0"),
        ({"holidays": {"country": "XX"}}, "schedule.holidays.country"),
        ({"holidays": {"country": "FR", "region": "Bretagne"}}, "schedule.holidays.region"),
        ({"holidays": {"country": "FR", "open": "no"}}, "schedule.holidays.open"),
        ({"early": -1}, "schedule.early"),
        ({"late": "30"}, "schedule.late"),
        ({"late": True}, "schedule.late"),
        ({"arrived_within": 0}, "schedule.arrived_within"),
        ({"arrived_code": "x" * 17}, "schedule.arrived_code"),
        ({"opens": 8}, "schedule.opens"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(CalendarError) as refused:
        schedule(**changed)
    assert refused.value.field == field


QUESTION = {"text": "Le facteur est-il passé ?", "answers": ["Oui", "Non"], "right": 2}


def test_a_banks_question_is_kept_as_it_was_agreed() -> None:
    asked = schedule(question=QUESTION)
    assert asked.question is not None
    assert asked.question.right == 2
    assert asked.to_json()["question"] == QUESTION
    assert Schedule.from_json(asked.to_json()) == asked


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 301}, "text"),
        ({"text": None}, "text"),
        ({"answers": ["Oui"]}, "answers"),
        ({"answers": ["Oui", ""]}, "answers"),
        ({"answers": "Oui"}, "answers"),
        ({"right": 0}, "right"),
        ({"right": 3}, "right"),
        ({"right": True}, "right"),
        ({"more": 1}, "more"),
    ],
)
def test_a_question_that_nobody_could_answer_is_refused(
    changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(CalendarError) as wrong:
        schedule(question={**QUESTION, **changed})
    assert field in wrong.value.field


def test_a_year_of_days_is_walked_in_milliseconds_and_ends() -> None:
    only_once = schedule(week={}, exceptions={"2027-10-01": ["08:00-09:00"]})
    assert only_once.next_closing(paris("2026-11-25T09:00"), PARIS) == paris("2027-10-01T09:30")
    assert date(2027, 10, 1) in only_once.exceptions
