"""When an operator alone is asked for a sign of presence, by night and by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callflow.core.desks.dead_man import OnShift, Rules, unattended_since, watch

RULES = Rules(zone=ZoneInfo("Europe/Paris"))
MINUTE = timedelta(minutes=1)


def paris(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=RULES.zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("sign", "asked"),
    [
        (paris(25, 23), paris(25, 23, 30)),  # by night every half hour
        (paris(25, 10), paris(25, 11)),  # by day every hour
        (paris(25, 19, 20), paris(25, 20)),  # longer ago than a night allows, when the night begins
        (paris(25, 19, 45), paris(25, 20, 15)),
        (paris(25, 6, 50), paris(25, 7, 20)),  # half an hour after a night's sign, not sooner
    ],
)
def test_a_sign_is_asked_for_by_the_hours(sign: datetime, asked: datetime) -> None:
    assert RULES.asks_at(sign) == asked


def test_nobody_is_asked_who_need_not_be() -> None:
    never = Rules(zone=RULES.zone, every_night=0, every_day=0)
    assert never.asks_at(paris(25, 23)) is None
    by_night = Rules(zone=RULES.zone, every_day=0)
    assert by_night.asks_at(paris(25, 10)) == paris(25, 20)
    assert by_night.asks_at(paris(25, 6, 50)) == paris(25, 7, 20)
    by_day = Rules(zone=RULES.zone, every_night=0)
    assert by_day.asks_at(paris(25, 23)) == paris(26, 7)


def test_a_night_that_lasts_all_day_has_no_end_to_wait_for() -> None:
    always = Rules(zone=RULES.zone, night="00:00-24:00", every_day=60)
    assert always.asks_at(paris(25, 23, 50)) == paris(26, 0, 20)


@pytest.mark.parametrize(("month", "day"), [(3, 28), (10, 24)])
def test_a_night_in_which_the_clock_changes_is_one_night(month: int, day: int) -> None:
    begins, ends = paris(day, 20, month=month), paris(day + 1, 7, month=month)
    night = RULES.night_of(begins + timedelta(hours=5))
    assert night is not None
    assert (night.start, night.end) == (begins, ends)
    assert RULES.is_night(ends - MINUTE)
    assert not RULES.is_night(ends)


def alone(**times: datetime) -> OnShift:
    return OnShift(shift="s", who="claire", began_at=paris(25, 20), **times)


@pytest.mark.parametrize(
    ("times", "left_at"),
    [
        ({"attended_at": paris(25, 22)}, None),
        ({"acted_at": paris(25, 22)}, paris(25, 21)),
        ({}, paris(25, 22)),  # alone only since then
        ({"acted_at": paris(25, 22), "attended_at": paris(25, 21)}, None),
    ],
)
def test_the_last_sign_counts_whatever_it_was(
    times: dict[str, datetime], left_at: datetime | None
) -> None:
    due = watch(alone(**times), left_at, RULES)
    assert due is not None
    assert (due.asks_at, due.alarm_at) == (paris(25, 22, 30), paris(25, 22, 31))


def test_an_alarm_has_one_name_until_there_is_a_sign() -> None:
    first = watch(alone(), None, RULES)
    again = watch(alone(), paris(25, 19), RULES)
    after = watch(alone(attended_at=paris(25, 21)), None, RULES)
    assert first is not None
    assert again is not None
    assert after is not None
    assert first.about == again.about != after.about


def test_nobody_on_shift_is_a_fault_of_the_night() -> None:
    left = paris(25, 18)
    assert unattended_since(left, RULES, paris(25, 19, 59)) is None
    assert unattended_since(left, RULES, paris(25, 20, 4)) is None
    assert unattended_since(left, RULES, paris(25, 20, 5)) == paris(25, 20)
    assert unattended_since(left, RULES, paris(26, 6)) == paris(25, 20)
    assert unattended_since(left, RULES, paris(26, 21)) == paris(26, 20)
    assert unattended_since(paris(25, 23), RULES, paris(25, 23, 4)) is None
    assert unattended_since(None, RULES, paris(25, 23)) is None


def test_who_is_left_by_a_break_is_spared_for_a_while_and_not_until_its_end() -> None:
    begun, rests = paris(25, 22), paris(25, 23, 30)
    alone = OnShift(shift="s", who="claire", began_at=begun)
    due = watch(alone, None, RULES, rests)
    assert due is not None
    assert due.asks_at == rests + 15 * MINUTE
    acted = OnShift(shift="s", who="claire", began_at=begun, acted_at=rests + 5 * MINUTE)
    due = watch(acted, None, RULES, rests)
    assert due is not None
    assert due.asks_at == rests + 35 * MINUTE
