"""What all screens show is counted once a minute, anew on another day and by a clock set back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from web.kit.lasting import Lasting

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def test_it_is_made_anew_once_it_is_old_of_another_day_or_from_the_future() -> None:
    made = iter(range(9))
    kept = Lasting[int](timedelta(minutes=1))

    def asked(day: int, seconds: float) -> int:
        return kept.get(day, NOW + timedelta(seconds=seconds), lambda: next(made))

    asks = [(1, 0), (1, 59.9), (1, 60), (1, 61), (2, 62), (2, 61.9), (2, 62)]
    assert [asked(*each) for each in asks] == [0, 0, 1, 1, 2, 3, 3]


def test_what_could_not_be_made_is_made_by_the_next() -> None:
    kept = Lasting[int](timedelta(minutes=1))
    with pytest.raises(ZeroDivisionError):
        kept.get(1, NOW, lambda: 1 // 0)
    assert kept.get(1, NOW, lambda: 7) == 7
