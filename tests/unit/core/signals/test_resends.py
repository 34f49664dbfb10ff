"""Which lines without a sequence number are second deliveries, over a restart too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callflow.core.signals.repeats import Repeats
from callflow.core.signals.resends import RESENT, Resends

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=4)


def test_a_restart_forgets_no_resend() -> None:
    key = Resends().key("1001", "line", NOW)
    fresh = Resends()
    fresh.remember(key, NOW)
    assert fresh.key("1001", "line", SOON) == key
    assert fresh.key("1001", "line", NOW + RESENT) != key


def test_the_last_line_counts_that_was_stored() -> None:
    before = Resends()
    alarm, restore = before.key("1001", "alarm", NOW), before.key("1001", "restore", SOON)
    fresh = Resends()
    fresh.remember(alarm, NOW)
    fresh.remember(restore, SOON)
    assert fresh.key("1001", "alarm", SOON + timedelta(seconds=1)) != alarm


def test_a_clock_that_goes_back_makes_a_new_event() -> None:
    resends = Resends()
    key = resends.key("1001", "line", NOW)
    assert resends.key("1001", "line", NOW - timedelta(minutes=1)) != key


def test_keys_of_other_formats_are_left_alone() -> None:
    resends, repeats = Resends(), Repeats()
    resends.remember("1772366400|1001|0001|abcdef", NOW)
    resends.remember("receiver|surgard|RECEIVER_LOST", NOW)
    resends.remember("line", NOW)
    assert len(resends) == 0
    repeats.remember(resends.key("1001", "line", NOW), NOW)
    assert len(repeats) == 0


def test_the_memory_is_bounded() -> None:
    resends = Resends(limit=10)
    for number in range(100):
        resends.key(str(number), "line", NOW)
    assert len(resends) == 10
