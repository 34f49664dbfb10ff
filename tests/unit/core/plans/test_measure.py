"""A protective measure's time, reports and cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.plans.call_plan import Measure
from callflow.core.plans.measure import ProtectiveMeasure, amount, cost, hours, next_report

BEGIN = datetime(2026, 11, 30, 20, tzinfo=UTC)
END = BEGIN + timedelta(hours=8)
GUARD = ProtectiveMeasure(
    *("m", "1001", Measure.GUARD_ON_SITE, "agent", "odile", BEGIN, END), rate=3200, report_every=60
)


@pytest.mark.parametrize(
    ("minutes", "hundredths"), [(0, 0), (1, 25), (15, 25), (16, 50), (60, 100), (61, 125)]
)
def test_a_quarter_that_began_counts_whole(minutes: int, hundredths: int) -> None:
    assert hours(BEGIN, BEGIN + timedelta(minutes=minutes)) == hundredths


def test_who_leaves_before_they_came_was_not_there() -> None:
    assert hours(END, BEGIN) == 0


def test_a_guard_costs_by_the_hour_until_lifted() -> None:
    assert cost(GUARD, 0, BEGIN - timedelta(hours=1)) == 0
    assert cost(GUARD, 0, BEGIN + timedelta(minutes=70)) == 4000
    assert cost(GUARD, 0, END + timedelta(days=1)) == 8 * 3200
    lifted = replace(GUARD, lifted_at=BEGIN + timedelta(hours=2), lifted_by="odile")
    assert cost(lifted, 0, END) == 2 * 3200


def test_a_patrol_costs_by_the_round_and_another_once() -> None:
    patrol = replace(GUARD, kind=Measure.PATROL, rate=1850)
    assert [cost(patrol, rounds, END) for rounds in (0, 3)] == [0, 5550]
    keys = replace(GUARD, kind=Measure.KEYS_MOVED, rate=1200)
    assert [cost(keys, 0, at) for at in (BEGIN - timedelta(hours=1), END)] == [0, 1200]


def test_without_a_rate_nobody_knows_its_cost() -> None:
    assert cost(replace(GUARD, rate=None), 0, END) is None


def test_half_a_cent_is_rounded_up_either_way() -> None:
    assert [amount(25, 1850), amount(-25, 1850), amount(25, 1849)] == [463, -463, 462]


def test_the_first_report_is_asked_for_from_its_beginning() -> None:
    assert next_report(GUARD, BEGIN - timedelta(hours=3)) == BEGIN + timedelta(hours=1)
    assert next_report(GUARD, END) == END + timedelta(hours=1)
    assert next_report(replace(GUARD, report_every=0), BEGIN) is None


def test_it_runs_from_its_beginning_until_its_end() -> None:
    around = [BEGIN - timedelta(seconds=1), BEGIN, END - timedelta(seconds=1), END]
    assert [GUARD.runs(at) for at in around] == [False, True, True, False]
