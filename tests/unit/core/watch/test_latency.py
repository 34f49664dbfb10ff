"""Durations are counted in bars, told cumulatively, and judged by the last minutes alone."""

from __future__ import annotations

import pytest

from callflow.core.watch.latency import EDGES, ENOUGH, LATELY, LIMITS, Durations, Measure, bars


def counted(*seconds: float, at: float = 0.0) -> Durations:
    found = Durations(Measure.ACKNOWLEDGEMENT)
    for each in seconds:
        found.observe(each, at)
    return found


@pytest.mark.parametrize("measure", Measure)
def test_a_limit_is_an_edge_so_that_a_rule_can_ask_for_it(measure: Measure) -> None:
    assert LIMITS[measure] in EDGES[measure]
    assert list(EDGES[measure]) == sorted(set(EDGES[measure]))


def test_a_duration_on_an_edge_is_below_it_and_one_behind_the_last_is_in_none() -> None:
    told = counted(0.005, 0.0051, 31.0).told(0.0)
    found = bars(Measure.ACKNOWLEDGEMENT, told)
    assert found[:2] == [(0.005, 1), (0.01, 2)]
    assert found[-2:] == [(30, 2), (float("inf"), 3)]
    assert told["sum"] == pytest.approx(31.0101)


def test_a_clock_that_was_set_back_took_no_time() -> None:
    assert counted(-5.0).told(0.0)["sum"] == 0


def test_too_few_tell_nothing() -> None:
    assert counted(*[0.02] * (ENOUGH - 1)).usual(0.0) is None


def test_what_is_usual_is_what_most_did_not_exceed() -> None:
    assert counted(*[0.02] * 96, *[9.0] * 4).usual(0.0) == 0.025
    assert counted(*[0.02] * 94, *[9.0] * 6).usual(0.0) == 9.0
    assert counted(*[40.0] * ENOUGH).usual(0.0) == 40.0


def test_what_was_long_ago_is_counted_and_no_longer_usual() -> None:
    found = counted(*[9.0] * 50)
    for second in range(int(LATELY) + 60):
        found.observe(0.02, float(second))
    assert found.usual(LATELY + 60) == 0.02
    assert sum(found.told(LATELY + 60)["counts"]) == 50 + int(LATELY) + 60
    assert found.usual(3 * LATELY) is None, "nothing came for a while"


def test_another_versions_bars_are_refused() -> None:
    with pytest.raises(ValueError, match="not 13"):
        bars(Measure.ACKNOWLEDGEMENT, {"counts": [1, 2]})
