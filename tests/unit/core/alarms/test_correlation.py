"""The rules by which signals belong together (D6, D9, D10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.core.alarms import correlation
from callflow.core.alarms.correlation import Periods, Rates, Trips
from callflow.core.signals.signal import Kind
from callflow.core.sites.arming import Partition
from callflow.core.sites.site import Rules
from tests.support.rows.incidents import an_incident

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
seconds = st.integers(-10_000, 10_000).map(lambda s: NOON + timedelta(seconds=s))


@pytest.mark.parametrize(
    ("late", "skew", "deferred"),
    [
        (timedelta(), None, False),
        (120 * SECOND, None, False),
        (121 * SECOND, None, True),
        (121 * SECOND, -60.0, False),
        (60 * SECOND, 120.0, True),
        (7 * 24 * HOUR, None, True),
        (7 * 24 * HOUR + SECOND, None, False),
        (-HOUR, None, False),
    ],
)
def test_a_signal_is_late_by_our_clock_less_the_panels_error(
    late: timedelta, skew: float | None, deferred: bool
) -> None:
    at, is_deferred = correlation.raised_at(NOON, NOON - late, skew, 120.0)
    assert is_deferred is deferred
    assert at == (NOON - late - timedelta(seconds=skew or 0) if deferred else NOON)


def test_without_a_panels_time_nothing_is_late() -> None:
    assert correlation.raised_at(NOON, None, 3600.0, 120.0) == (NOON, False)


@pytest.mark.parametrize(
    ("kind", "code", "zone", "key"),
    [
        (Kind.INTRUSION, "1130", "003", "3"),
        (Kind.INTRUSION, "BA", "3", "3"),
        (Kind.POWER, "1301", "000", ""),
        (Kind.LINE, "1351", "000", "351"),
        (Kind.LINE, "3352", "000", "352"),
        (Kind.LINE, "LT", "2", "2"),
        (Kind.LINE, "YC", "", ""),
        (Kind.MISSING_POLL, "MISSING_POLL", "", "1001"),
        (Kind.RECEIVER, "RECEIVER_LOST", "", "surgard"),
        (Kind.RECEIVER, "RECEIVER_LOST", "north", "north"),
        (Kind.TRUNK, "TRUNK_DOWN", "", "surgard"),
    ],
)
def test_a_signal_tells_of_a_zone_a_path_or_a_receiver(
    kind: Kind, code: str, zone: str, key: str
) -> None:
    assert correlation.matter_key(kind, code, zone, "1001", "surgard") == key


@given(st.lists(st.tuples(seconds, st.booleans()), max_size=12), seconds)
def test_a_period_began_at_the_last_change_before(
    told: list[tuple[datetime, bool]], at: datetime
) -> None:
    """Told in their order, by hand: the last change of the state that is not after ``at``."""
    periods, changes, state = Periods([]), [], None
    for moment, armed in sorted(told, key=lambda t: t[0]):
        periods.note("1", "", armed=armed, at=moment)
        if armed != state:
            changes.append(moment)
        state = armed
    assert periods.began("1", "", at) == max((c for c in changes if c <= at), default=None)
    assert periods.armed(["1"]) is (state is None or state)


def test_a_partition_nobody_told_of_has_the_accounts_last_change() -> None:
    periods = Periods([])
    periods.note("1", "1", armed=True, at=NOON)
    periods.note("1", "2", armed=True, at=NOON + HOUR)
    periods.note("2", "1", armed=True, at=NOON + 2 * HOUR)
    assert periods.began("1", "1", NOON + 3 * HOUR) == NOON
    assert periods.began("1", "", NOON + 3 * HOUR) == NOON + HOUR


def test_told_late_a_state_changes_nothing() -> None:
    periods = Periods([Partition("1", "", True, NOON, "")])
    assert not periods.note("1", "", armed=False, at=NOON - SECOND)
    assert periods.armed(["1"])


@given(st.lists(st.integers(0, 30), min_size=1, max_size=200), st.integers(2, 20))
def test_too_many_are_so_many_within_a_minute(gaps: list[int], most: int) -> None:
    rates, at, seen = Rates(), NOON, []
    for gap in gaps:
        at += timedelta(seconds=gap)
        seen.append(at)
        in_minute = [moment for moment in seen if at - moment <= MINUTE]
        assert rates.too_many("site", at, most) is (len(in_minute) >= most)


def test_rates_forget_the_site_heard_longest_ago() -> None:
    rates = Rates(limit=2)
    for site in ("a", "b", "a", "c"):
        rates.too_many(site, NOON, 2)
    assert rates.too_many("a", NOON, 2)
    assert not rates.too_many("b", NOON, 2)


def test_trips_begin_anew_with_each_armed_period() -> None:
    trips = Trips(trips=4, since=NOON, shunted_at=NOON + MINUTE)
    assert trips.within(NOON - HOUR, NOON + 30 * HOUR) == trips
    assert trips.within(NOON + HOUR, NOON + 2 * HOUR) == Trips(since=NOON + HOUR)


def test_without_armed_periods_trips_begin_anew_each_day() -> None:
    trips = Trips(trips=4, since=NOON)
    assert trips.within(None, NOON + 24 * HOUR) == trips
    assert trips.within(None, NOON + 25 * HOUR) == Trips(since=NOON + 25 * HOUR)


@given(st.integers(0, 10), st.integers(0, 10), st.booleans())
def test_a_zone_is_taken_out_only_where_that_is_agreed(
    before: int, after: int, shunt: bool
) -> None:
    rules = Rules(swinger_after=after, swinger_shunt=shunt)
    trips = Trips(trips=before, since=NOON).again(rules, NOON)
    assert trips.trips == before + 1
    assert (trips.shunted_at is not None) is (shunt and 0 < after <= before + 1)


def test_lost_paths_are_those_in_alarm_of_lines_and_polls() -> None:
    alarms = [
        an_incident(kind=Kind.LINE, zones={"351": "alarm", "352": "restored"}),
        an_incident(kind=Kind.MISSING_POLL, zones={"1001": "alarm"}),
        an_incident(kind=Kind.POWER, zones={"": "alarm"}),
    ]
    assert correlation.lost_paths(alarms) == {"line 351", "missing_poll 1001"}


# --- a storm's place (D28) ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "by", "key"),
    [
        (("35 000", "", "", ""), "network", "power/35000"),
        (("", "7 rue des Carmes, 35000 Rennes", "", ""), "network", "power/35000"),
        (("35000", "", "Vallon 3", "Opérateur"), "network", "power/Vallon 3"),
        (("35000", "", "Vallon 3", ""), "town", "power/35000"),
        (("35000", "", "Vallon 3", ""), "department", "power/35"),
        (("97400", "", "", ""), "department", "power/974"),
        (("", "12345 6789", "", ""), "network", None),
        (("", "ferme du bout", "", "Opérateur"), "network", None),
    ],
)
def test_where_a_fault_is(where: tuple[str, str, str, str], by: str, key: str | None) -> None:
    assert correlation.storm_key("power", correlation.Whereabouts(*where), by) == key


def test_lines_fail_with_their_provider() -> None:
    where = correlation.Whereabouts("35000", "", "Vallon 3", "Opérateur / Ouest")
    key = correlation.storm_key("line", where, "network")
    assert key == "line/Opérateur / Ouest"
    assert correlation.storm_of(key) == ("line", "Opérateur / Ouest")
