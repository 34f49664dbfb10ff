"""The duty roster: who is on duty, where nobody is, and what a clock that changes makes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callflow.core.desks.roster import Duty, Finding, Part, What, findings, numbers, on_duty, spans
from callflow.core.time.hours import CalendarError, Span

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
TECH = Part.TECHNICIAN


def duty(name: str, start: float, end: float, part: Part = TECH, **more: Any) -> Duty:
    """From so many hours after Monday's midnight until so many."""
    phone = more.get("phone", f"+3363998{len(name):04d}")
    begins, ends = MONDAY + start * HOUR, MONDAY + end * HOUR
    return Duty(f"{name}-{start}", part, None, name, phone, begins, ends, "odile", MONDAY)


def span(start: float, end: float) -> Span:
    return Span(MONDAY + start * HOUR, MONDAY + end * HOUR)


def test_who_is_on_duty_at_an_instant() -> None:
    roster = [duty("bo", 8, 20), duty("ana", 20, 32), duty("cleo", 8, 20, Part.OPERATOR)]
    assert [d.name for d in on_duty(roster, TECH, MONDAY + 8 * HOUR)] == ["bo"]
    assert [d.name for d in on_duty(roster, TECH, MONDAY + 20 * HOUR)] == ["ana"]
    assert on_duty(roster, TECH, MONDAY + 32 * HOUR) == ()
    assert numbers(roster, TECH, MONDAY + 9 * HOUR) == ("+33639980002",)


def test_whoever_began_first_is_called_first_and_each_number_once() -> None:
    roster = [duty("ana", 6, 20), duty("bo", 4, 20), duty("eve", 5, 20)]
    assert numbers(roster, TECH, MONDAY + 8 * HOUR) == ("+33639980002", "+33639980003")


def test_a_gap_is_found_in_a_part_that_is_planned() -> None:
    roster = [duty("bo", 0, 8), duty("ana", 12, 30)]
    found = findings(roster, MONDAY, MONDAY + 24 * HOUR)
    assert found == [Finding(what=What.NOBODY, part=TECH, span=span(8, 12))]
    assert findings([], MONDAY, MONDAY + 24 * HOUR) == []


def test_a_week_without_anybody_is_a_gap_where_the_weeks_around_it_are_planned() -> None:
    start, end = MONDAY, MONDAY + timedelta(days=7)
    before = [duty("bo", -24, 0)]
    (found,) = findings(before, start, end)
    assert found == Finding(what=What.NOBODY, part=TECH, span=Span(start, end))
    assert findings([duty("ana", 7 * 24, 8 * 24)], start, end) == [found]


def test_two_at_once_are_found_where_one_is_enough() -> None:
    roster = [duty("bo", 0, 14), duty("ana", 12, 24)]
    (found,) = findings(roster, MONDAY, MONDAY + 24 * HOUR)
    assert found == Finding(what=What.TWO, part=TECH, span=span(12, 14), names=("bo", "ana"))
    desks = [duty("bo", 0, 24, Part.OPERATOR), duty("ana", 0, 24, Part.OPERATOR)]
    assert findings(desks, MONDAY, MONDAY + 24 * HOUR) == []


def test_one_person_in_two_places_and_one_without_a_number_are_found() -> None:
    roster = [duty("bo", 0, 24, Part.OPERATOR), duty("bo", 0, 24, Part.SUPERVISOR, phone=None)]
    found = findings(roster, MONDAY, MONDAY + 24 * HOUR)
    assert {finding.what for finding in found} == {What.TWICE, What.NO_NUMBER}


def test_a_night_is_as_long_as_its_clock_makes_it() -> None:
    made = spans(date(2026, 10, 17), date(2026, 10, 18), "22:00", "06:00", PARIS, weeks=2)
    assert [one.end - one.start for one in made] == [8 * HOUR, 9 * HOUR]
    (spring,) = spans(date(2027, 3, 27), date(2027, 3, 28), "22:00", "06:00", PARIS)
    assert spring.end - spring.start == 7 * HOUR
    (day,) = spans(date(2026, 11, 25), date(2026, 11, 25), "00:00", "24:00", PARIS)
    assert day.end - day.start == 24 * HOUR


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"start": "8h"}, "start"),
        ({"end": "24:30"}, "end"),
        ({"end": "08:00"}, "last"),
        ({"last": date(2026, 11, 24)}, "last"),
        ({"last": date(2027, 11, 24)}, "last"),
        ({"weeks": 0}, "weeks"),
        ({"weeks": 99}, "weeks"),
        ({"last": date(2026, 12, 5), "weeks": 2}, "weeks"),
    ],
)
def test_what_is_no_duty_is_refused_by_its_field(changed: dict[str, Any], field: str) -> None:
    day = date(2026, 11, 25)
    typed = {"first": day, "last": day, "start": "08:00", "end": "20:00", "weeks": 1, **changed}
    with pytest.raises(CalendarError) as refused:
        spans(typed["first"], typed["last"], typed["start"], typed["end"], PARIS,
              weeks=typed["weeks"])  # fmt: skip
    assert refused.value.field == field
