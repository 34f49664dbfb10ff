"""What is reckoned for the auditor's report: lives of organs, who was there, clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.records.yearly import attended, clock_day, lived
from callflow.core.time.hours import Span
from callflow.core.watch.organs import State

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DURING = Span(BEGIN, BEGIN + timedelta(hours=100))


def at(hours: float) -> datetime:
    return BEGIN + timedelta(hours=hours)


def test_an_organ_is_available_for_the_share_of_the_known_time_in_which_it_had_not_failed() -> None:
    changes = [
        (at(-50), State.FAILED),  # before the year, and it goes on for ten hours
        (at(10), State.OK),
        (at(30), State.DEGRADED),
        (at(50), State.FAILED),
        (at(51), State.FAILED),  # the same failure
        (at(60), State.UNKNOWN),
        (at(80), State.OK),
    ]
    life = lived(changes, DURING)
    assert life.took[State.FAILED] == timedelta(hours=20)
    assert (life.known, life.failures, life.share) == (timedelta(hours=80), 1, 75.0)
    assert sum(life.took.values(), timedelta(0)) == timedelta(hours=100)


def test_of_an_organ_that_nobody_looked_at_nothing_is_known() -> None:
    for changes in ([], [(at(200), State.OK)], [(at(-1), State.UNKNOWN)]):
        life = lived(changes, DURING)
        assert (life.share, life.failures) == (None, 0)


def test_how_many_were_on_shift_at_once() -> None:
    shifts = [Span(at(-5), at(10)), Span(at(5), at(20)), Span(at(90), at(200)), Span(at(7), at(7))]
    assert attended(shifts, DURING) == {
        0: timedelta(hours=70),
        1: timedelta(hours=25),
        2: timedelta(hours=5),
    }
    assert attended([], DURING) == {0: timedelta(hours=100)}


@pytest.mark.parametrize(
    ("told", "worst", "troubles"),
    [
        ({"least": "-0.4000", "most": "+0.2", "troubles": "3"}, 0.4, 3),
        ({"least": "?", "most": "?", "troubles": "0"}, None, 0),
        ({"least": "nan", "most": "+7.5", "troubles": "many"}, 7.5, 0),
        ({}, None, 0),
    ],
)
def test_a_clocks_day_is_read_from_what_the_logbook_says(
    told: dict[str, str], worst: float | None, troubles: int
) -> None:
    found = clock_day({"day": "2026-11-25", "machine": "alpha", **told})
    assert (found.month, found.machine) == ("2026-11", "alpha")
    assert (found.worst, found.troubles) == (worst, troubles)
