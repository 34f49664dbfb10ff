"""What a busy machine took from a test is known, and on a quiet one it is nothing."""

from __future__ import annotations

import pytest

from tests.support.suite.hold_ups import HoldUps


class Times:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def slept(times: Times, watched: HoldUps, seconds: float) -> None:
    watched.naps()
    times.now += seconds
    watched.wakes()


def test_a_quiet_machine_takes_nothing() -> None:
    times = Times()
    watched = HoldUps(times)
    for _ in range(50):
        slept(times, watched, 0.035)
    assert watched.lost(100.0, times.now) == 0
    assert watched.parts() == []


def test_what_lies_in_between_is_lost_and_no_more() -> None:
    times = Times()
    watched = HoldUps(times)
    slept(times, watched, 1.02)  # from 100.02 to 101.02
    slept(times, watched, 0.02)
    slept(times, watched, 2.02)  # from 101.06 to 103.06
    assert watched.lost(100.0, 110.0) == pytest.approx(3.0)
    assert watched.lost(100.52, 102.06) == pytest.approx(1.5)
    assert watched.lost(103.1, 110.0) == 0
    assert [(e - b).total_seconds() for b, e in watched.parts()] == pytest.approx(
        [1.0, 2.0], abs=0.01
    )


def test_who_is_awake_before_the_watcher_knows_of_it() -> None:
    times = Times()
    watched = HoldUps(times)
    watched.naps()
    times.now += 3.02
    assert watched.lost(100.0, times.now) == pytest.approx(3.0)
    watched.wakes()
    assert watched.lost(100.0, times.now) == pytest.approx(3.0)


def test_the_watcher_ends_with_its_context() -> None:
    with HoldUps() as watched:
        assert watched._thread.is_alive()
    assert not watched._thread.is_alive()
