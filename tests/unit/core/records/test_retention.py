"""How long what alarms leave is kept: what may be set, and what is in force."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callflow.core.records import retention
from callflow.core.records.retention import (
    LIMITS,
    NOTHING,
    TOO_FEW,
    TOO_MANY,
    Kept,
    Rule,
    fault,
    in_force,
)

NOW = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)  # after midnight in Paris
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("what", Kept)
def test_only_days_within_the_limits_may_be_set(what: Kept) -> None:
    limits = LIMITS[what]
    assert [fault(what, days) for days in (-1, 0)] == [NOTHING, NOTHING]
    assert fault(what, limits.least - 1) == TOO_FEW
    assert fault(what, limits.most + 1) == TOO_MANY
    assert {fault(what, days) for days in (limits.least, limits.most)} == {None}


def rule(days: int, in_days: int, what: Kept = Kept.IMAGES) -> Rule:
    return Rule("r", what, days, NOW + timedelta(days=in_days), "odile", NOW)


def test_the_rule_that_began_last_counts() -> None:
    assert in_force([], NOW) == {}
    assert in_force([rule(90, -1), rule(30, 1), rule(60, -9)], NOW) == {Kept.IMAGES: 90}
    both = [rule(90, 0), rule(40, 0, Kept.RECORDINGS)]
    assert in_force(both, NOW) == {Kept.IMAGES: 90, Kept.RECORDINGS: 40}


def test_a_change_begins_with_tomorrow_where_the_station_is() -> None:
    assert retention.first_day(NOW, PARIS) == date(2026, 11, 28)
    begins = retention.begin_of(date(2026, 11, 28), PARIS)
    assert begins.astimezone(UTC) == datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
    assert retention.before(30, NOW) == NOW - timedelta(days=30)
