"""One incident's facts: where a day begins and ends, and in whose hands it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callflow.core.records.figures import (
    Course,
    Told,
    bounds,
    counted,
    day_of,
    holds,
    number_of,
    place,
)
from callflow.core.records.statistics import Asked, month_before, month_of
from callflow.core.signals.signal import Category, Kind

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)


def told(seconds: float, kind: str, by: str = "", undone: str = "") -> Told:
    return Told(AT + timedelta(seconds=seconds), kind, by, undone)


def course(*entries: Told, closed: float | None = None) -> Course:
    return Course(
        incident_id="i",
        site_id="s",
        account="1001",
        zone="3",
        kind=Kind.INTRUSION,
        category=Category.SECURITY,
        duress=False,
        received_at=AT,
        closed_at=None if closed is None else AT + timedelta(seconds=closed),
        resolution="false_alarm",
        called_at=AT + timedelta(seconds=4),
        told=entries,
    )


@pytest.mark.parametrize(
    ("at", "day", "hour"),
    [
        ("2026-10-24T21:59:59.999999+00:00", 20261024, 23),
        ("2026-10-24T22:00:00+00:00", 20261025, 0),  # a day of 25 hours begins
        ("2026-10-25T00:30:00+00:00", 20261025, 2),
        ("2026-10-25T01:30:00+00:00", 20261025, 2),  # the same hour of the clock again
        ("2026-10-25T22:59:59+00:00", 20261025, 23),
        ("2026-10-25T23:00:00+00:00", 20261026, 0),
        ("2026-03-29T00:59:59+00:00", 20260329, 1),
        ("2026-03-29T01:00:00+00:00", 20260329, 3),  # there is no 2 on that day
    ],
)
def test_a_day_is_the_stations(at: str, day: int, hour: int) -> None:
    assert place(datetime.fromisoformat(at), PARIS) == (day, hour)


def test_days_of_23_and_25_hours_are_as_long_as_they_are() -> None:
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)):
        begins, ends = bounds(day, day, PARIS)
        assert ends - begins == timedelta(hours=hours)
        assert day_of(number_of(day)) == day


def test_the_months_reach_from_end_to_end() -> None:
    assert month_of(date(2028, 2, 29)) == (date(2028, 2, 1), date(2028, 2, 29))
    assert month_before(date(2026, 1, 31)) == (date(2025, 12, 1), date(2025, 12, 31))


def test_it_is_in_the_hands_of_who_took_it_until_it_is_not() -> None:
    found = list(
        holds(
            [
                told(10, "human"),
                told(20, "claimed", "ines"),
                told(50, "transferred", "max"),
                told(60, "parked", "max"),
                told(65, "undone", "max", "park"),
                told(80, "came_back"),
                told(90, "claimed", "ines"),
                told(95, "undone", "ines", "claim"),
                told(99, "reopened", "nora"),
            ]
        )
    )
    spans = [
        (h.operator, (h.since - AT).total_seconds(), h.until and (h.until - AT).total_seconds())
        for h in found
    ]
    assert spans == [
        ("ines", 20, 50),
        ("max", 50, 60),
        ("max", 65, 80),
        ("ines", 90, 95),
        ("nora", 99, None),
    ]


def test_the_time_is_the_machines_the_queues_and_a_humans() -> None:
    entries = (told(30, "human"), told(50, "claimed", "ines"), told(170, "closed", "ines"))
    incident, operators = counted(course(*entries, closed=170), PARIS)
    times = (incident.machine_ms, incident.human_ms, incident.closed_ms)
    assert times == (30_000, 120_000, 170_000)
    assert (incident.acted_ms, incident.claimed_ms) == (4_000, 50_000)
    (ines,) = operators
    assert (ines.held_ms, ines.taken, ines.closed) == (120_000, 1, 1)


def test_what_the_machine_closed_alone_is_all_its_own() -> None:
    incident, operators = counted(course(told(40, "closed"), closed=40), PARIS)
    assert (incident.machine_ms, incident.human_ms, operators) == (40_000, 0, [])


def test_what_is_open_has_no_handling_time_yet() -> None:
    incident, (ines,) = counted(course(told(9, "claimed", "ines")), PARIS)
    assert (incident.machine_ms, incident.human_ms, ines.held_ms) == (None, None, 0)


def test_hold_ups_fires_and_duress_are_urgent() -> None:
    one = course()
    for kind in (Kind.FIRE, Kind.HOLD_UP, Kind.PANIC):
        assert counted(replace(one, kind=kind), PARIS)[0].urgent
    assert counted(replace(one, duress=True), PARIS)[0].urgent
    assert not counted(one, PARIS)[0].urgent


def test_a_question_has_its_bounds() -> None:
    day = date(2026, 11, 30)
    assert Asked(first=day, last=day).fault is None
    assert Asked(first=day, last=day - timedelta(days=1)).fault
    assert Asked(first=date(2000, 1, 1), last=day).fault
