"""How many guesses there are, and how long whoever had them waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from web.access.guesses import Guesses

NOW = datetime(2026, 11, 26, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_after_the_last_one_it_waits_until_the_first_is_forgotten() -> None:
    guesses = Guesses(3, MINUTE)
    filled = [guesses.guess("claire", NOW + timedelta(seconds=10 * n)) for n in range(3)]
    assert filled == [False, False, True]
    assert guesses.wait("claire", NOW + timedelta(seconds=30)) == timedelta(seconds=30)
    assert guesses.wait("yves", NOW) is None
    assert guesses.wait("claire", NOW + MINUTE) is None  # one is free again, and only one
    assert guesses.guess("claire", NOW + MINUTE)
    assert guesses.wait("claire", NOW + MINUTE) == timedelta(seconds=10)


def test_what_was_right_does_not_count() -> None:
    guesses = Guesses(2, MINUTE)
    guesses.guess("place", NOW)
    guesses.guess("place", NOW)
    guesses.take_back("place")
    assert guesses.wait("place", NOW) is None
    guesses.guess("place", NOW)
    guesses.forget("place")
    assert not guesses.guess("place", NOW)


def test_names_by_the_thousand_are_not_kept_for_ever() -> None:
    guesses = Guesses(2, MINUTE)
    for number in range(20_000):
        guesses.guess(f"name {number}", NOW)
    assert len(guesses._failed) <= 10_001
