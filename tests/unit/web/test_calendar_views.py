"""Hours drawn as a week and as a year."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from callflow.core.sites.schedule import Schedule
from callflow.core.time.hours import Span
from web.kit.calendars import Mark, bounds, by_day, monday_of, of_schedule, week, year

PARIS = ZoneInfo("Europe/Paris")


def test_a_night_is_cut_at_midnight_where_the_site_is() -> None:
    night = Span(datetime(2026, 11, 23, 21, tzinfo=UTC), datetime(2026, 11, 25, 5, tzinfo=UTC))
    assert by_day([night], PARIS) == {
        date(2026, 11, 23): [(1320, 1440)],
        date(2026, 11, 24): [(0, 1440)],
        date(2026, 11, 25): [(0, 360)],
    }


def test_a_day_with_a_changing_clock_is_whole() -> None:
    for first in (date(2026, 3, 29), date(2026, 10, 25)):  # 23 and 25 hours long
        found = by_day([Span(*bounds(first, 1, PARIS))], PARIS)
        assert found == {first: [(0, 1440)]}


def test_what_overlaps_is_drawn_once() -> None:
    kept = {"week": {"mon": ["22:00-06:00"], "tue": ["05:00-10:00"]}}
    monday = date(2026, 11, 23)
    there = of_schedule(Schedule.from_json(kept), monday, 7, PARIS)
    assert there[date(2026, 11, 24)] == [(0, 600)]


def test_an_hour_that_is_shown_twice_is_drawn_though_it_ends_as_it_begins() -> None:
    # From 02:30 in summer time until 02:15 in winter time: three quarters of an hour.
    twice = Span(
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    )
    assert by_day([twice], PARIS) == {date(2026, 10, 25): [(150, 180)]}


def test_a_week_says_in_words_what_its_bars_show() -> None:
    kept = {"week": {"mon": ["08:00-12:00", "13:30-18:30"], "sun": ["22:00-06:00"]}}
    monday = monday_of(date(2026, 11, 26))
    assert monday == date(2026, 11, 23)
    there = of_schedule(Schedule.from_json(kept), monday, 7, PARIS)
    days = week(there, monday, "en")
    assert [day.hours for day in days] == [
        "00:00–06:00, 08:00–12:00, 13:30–18:30",  # Sunday's night first
        *[""] * 5,
        "22:00–24:00",
    ]
    assert days[0].bars == [(0, 360), (480, 240), (810, 300)]
    assert days[0].name == "Monday 23 November"


def test_a_year_has_a_mark_for_each_of_its_days() -> None:
    there = {date(2028, 1, 3): [(0, 1440)], date(2028, 2, 29): [(480, 720)]}
    special = {date(2028, 12, 25): Mark.HOLIDAY}
    months = year(there, 2028, special.get, "fr")
    assert [len(month.days) for month in months] == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert (months[0].name, months[0].days[2], months[0].days[3]) == (
        "janvier",
        Mark.WHOLE,
        Mark.NONE,
    )
    assert (months[1].days[28], months[11].days[24]) == (Mark.PART, Mark.HOLIDAY)
