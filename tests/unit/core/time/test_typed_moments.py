"""Days and hours typed on a phone, in the year that is meant."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from callflow.core.sites.instructions import moment

PARIS = ZoneInfo("Europe/Paris")
NEAR = datetime(2026, 12, 20, 15, 0, tzinfo=PARIS)


@pytest.mark.parametrize(
    ("day", "hour", "at"),
    [
        ("2012", "1500", datetime(2026, 12, 20, 14, 0, tzinfo=UTC)),
        ("0301", "0000", datetime(2027, 1, 2, 23, 0, tzinfo=UTC)),
        ("1912", "2359", datetime(2026, 12, 19, 22, 59, tzinfo=UTC)),
        ("0107", "0700", datetime(2026, 7, 1, 5, 0, tzinfo=UTC)),
        ("3112", "2460", None),
        ("3111", "0700", None),
        ("0013", "0700", None),
        ("2902", "0700", None),
        ("201", "0700", None),
        ("2012", "15", None),
        ("²012", "1500", None),
    ],
)
def test_what_is_typed_is_the_closest_such_moment(day: str, hour: str, at: datetime | None) -> None:
    assert moment(day, hour, NEAR) == at


def test_a_leap_day_is_one_where_there_is_one() -> None:
    near = datetime(2028, 1, 20, tzinfo=PARIS)
    assert moment("2902", "0700", near) == datetime(2028, 2, 29, 6, 0, tzinfo=UTC)
