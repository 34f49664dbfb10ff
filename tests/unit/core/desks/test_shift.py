"""When a shift may begin, and when it may end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callflow.core.desks.shift import Held, Why, may_read_until, not_read, passing
from callflow.core.signals.signal import Category

NOW = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRE = Held(id="fire", category=Category.VITAL)
MAINS = Held(id="mains", category=Category.TECHNICAL)


def test_each_incident_on_the_page_is_acknowledged_and_no_newer_one_need_be() -> None:
    opened = {"old": NOW - 60 * MINUTE, "other": NOW - 5 * MINUTE, "new": NOW + MINUTE}
    assert not_read(opened, {"old"}, NOW) == ["other"]
    assert not_read(opened, {"old", "other"}, NOW) == []


def test_what_was_read_long_ago_is_read_again() -> None:
    assert may_read_until(NOW - 10 * MINUTE, NOW)
    assert not may_read_until(NOW - 31 * MINUTE, NOW)
    assert not may_read_until(NOW + MINUTE, NOW)


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ({"fire": "david", "mains": ""}, None),
        ({"fire": "david", "mains": "david"}, None),
        ({"fire": "", "mains": ""}, Why.VITAL),
        ({"mains": ""}, Why.NOT_PASSED),
        ({"fire": "david"}, Why.NOT_PASSED),
        ({"fire": "zoe", "mains": ""}, Why.NOT_ON_SHIFT),
    ],
)
def test_a_vital_alarm_goes_to_a_colleague_on_shift(to: dict[str, str], why: Why | None) -> None:
    found = passing([FIRE, MAINS], to, {"david"})
    assert (found[0] if found else None) is why
