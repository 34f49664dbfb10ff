"""One message delivered twice is one event; a later alarm is never silenced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.signals.repeats import REPEATED, RESTAMPED, Repeats

#: Just before the end of a bucket of ten minutes.
T0 = datetime(2026, 3, 1, 9, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_repeat_without_a_stamp_keeps_its_key_for_ten_minutes_across_buckets() -> None:
    repeats = Repeats()
    first = repeats.key("m", None, T0)
    assert repeats.key("m", None, T0 + 2 * SECOND) == first
    assert repeats.key("m", None, T0 + REPEATED - SECOND) == first
    assert repeats.key("m", None, T0 + REPEATED) != first


def test_a_panel_that_repeats_for_ever_raises_again_every_ten_minutes() -> None:
    repeats = Repeats()
    keys = {repeats.key("m", None, T0 + minutes * timedelta(minutes=1)) for minutes in range(60)}
    assert len(keys) == 6


def test_another_message_has_another_key() -> None:
    repeats = Repeats()
    assert repeats.key("m", None, T0) != repeats.key("n", None, T0)


def test_a_stamp_names_the_message_for_good() -> None:
    first = Repeats().key("m", T0, T0)
    assert Repeats().key("m", T0, T0 + timedelta(hours=20)) == first


def test_a_fresh_stamp_is_a_repeat_for_a_moment_and_then_a_new_event() -> None:
    repeats = Repeats()
    first = repeats.key("m", T0, T0)
    assert repeats.key("m", T0 + 10 * SECOND, T0 + 10 * SECOND) == first
    assert repeats.key("m", T0 + RESTAMPED, T0 + RESTAMPED) != first


def test_a_panel_whose_clock_stands_still_is_not_silenced() -> None:
    repeats = Repeats()
    dead = datetime(2000, 1, 1, tzinfo=UTC)
    first = repeats.key("m", dead, T0)
    assert repeats.key("m", dead, T0 + 5 * SECOND) == first
    assert repeats.key("m", dead, T0 + timedelta(hours=1)) != first


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    repeats = Repeats(limit=10)
    for number in range(100):
        repeats.key(f"m{number}", None, T0)
    assert len(repeats) == 10


@pytest.mark.parametrize("stamp", [None, T0])
def test_a_restart_remembers_what_it_is_told(stamp: datetime | None) -> None:
    first = Repeats().key("m", stamp, T0)
    restarted = Repeats()
    restarted.remember(first, T0)
    assert restarted.key("m", stamp, T0 + 5 * SECOND) == first


@given(
    st.text(max_size=30).filter(lambda message: "\0" not in message),
    st.none() | st.integers(-86_000, 86_000),
    st.integers(0, 29),
)
def test_what_is_remembered_is_the_same_key(message: str, ahead: int | None, later: int) -> None:
    stamp = None if ahead is None else T0 + ahead * SECOND
    key = Repeats().key(message, stamp, T0)
    restarted = Repeats()
    restarted.remember(key, T0)
    assert restarted.key(message, stamp, T0 + later * SECOND) == key


@given(st.text(max_size=60))
def test_any_key_may_be_told(key: str) -> None:
    Repeats().remember(key, T0)


def test_a_key_of_another_format_is_passed_over() -> None:
    repeats = Repeats()
    repeats.remember("webhook:550e8400", T0)
    repeats.remember("99999999999999999999999|m", T0)
    repeats.remember("m|0001|55f1|1772359199", T0)  # what earlier releases kept
    assert len(repeats) == 0


def test_a_clock_set_back_forgets_nothing_new() -> None:
    repeats = Repeats()
    first = repeats.key("m", None, T0)
    assert repeats.key("m", None, T0 - timedelta(hours=1)) != first
