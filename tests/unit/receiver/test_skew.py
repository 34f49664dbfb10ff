"""A wrong clock is told apart from a late message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callflow.receiver.skew import Skews

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def test_a_poll_says_how_the_clock_is() -> None:
    assert Skews().of("1001", NOW - seconds(7200), NOW, live=True) == -7200


def test_an_event_on_time_or_from_the_future_says_it_too() -> None:
    skews = Skews()
    assert skews.of("1001", NOW - seconds(3), NOW, live=False) == -3
    assert skews.of("1001", NOW + seconds(3600), NOW, live=False) == 3600


def test_an_old_event_says_nothing() -> None:
    skews = Skews()
    assert skews.of("1001", NOW - seconds(7200), NOW, live=False) is None
    later = NOW + seconds(10)
    assert skews.of("1001", later - seconds(7195), later, live=False) is None


def test_a_second_event_as_old_as_the_first_proves_a_wrong_clock() -> None:
    skews = Skews()
    skews.of("1001", NOW - seconds(3600), NOW, live=False)
    later = NOW + seconds(900)
    assert skews.of("1001", later - seconds(3601), later, live=False) == -3601


def test_late_events_that_come_together_prove_nothing() -> None:
    skews = Skews()
    for number in range(20):
        at = NOW + seconds(number)
        assert skews.of("1001", NOW - seconds(3600) + seconds(60 * number), at, live=False) is None


def test_the_memory_is_bounded() -> None:
    skews = Skews(limit=10)
    for number in range(100):
        skews.of(str(number), NOW - seconds(3600), NOW, live=False)
    assert len(skews._old) == 10
