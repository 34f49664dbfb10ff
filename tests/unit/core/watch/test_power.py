"""What a supply's words mean, and what is done where a battery ends: one table each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callflow.core.calls.call import Call, CallState, Direction
from callflow.core.watch import power
from callflow.core.watch.organs import Reason, State
from callflow.core.watch.power import Act, Calls, Generator, Rules, Supply

AT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
RULES = Rules(grace=20, silent=300, hand_over=900, stop=180, last=60)
VALID = timedelta(minutes=3)


def ups(status: str, runtime: float | None = 2400.0, **more: Any) -> Supply:
    return Supply(name="salle", words=frozenset(status.split()), runtime=runtime, **more)


DEAF = power.unasked("salle", "127.0.0.1:3493: refused")


@pytest.mark.parametrize(
    ("found", "lasted", "state", "reason", "vital"),
    [
        (ups("OL"), 0, State.OK, None, False),
        (ups("OL CHRG"), 0, State.OK, None, False),
        (ups("OB DISCHRG"), 19, State.DEGRADED, Reason.ON_BATTERY, False),
        (ups("OB DISCHRG"), 20, State.FAILED, Reason.ON_BATTERY, False),
        (ups("OB DISCHRG", None), 600, State.FAILED, Reason.ON_BATTERY, False),
        (ups("OB LB"), 0, State.FAILED, Reason.LOW_BATTERY, True),
        (ups("OB", 180), 0, State.FAILED, Reason.LOW_BATTERY, True),
        (ups("FSD OL"), 0, State.FAILED, Reason.LOW_BATTERY, True),
        (ups("OB CAL"), 600, State.DEGRADED, Reason.CALIBRATING, False),
        (ups("OL LB CHRG"), 0, State.DEGRADED, Reason.LOW_BATTERY, False),
        (ups("OL RB"), 0, State.DEGRADED, Reason.REPLACE_BATTERY, False),
        (ups("OL OVER"), 0, State.DEGRADED, Reason.OVERLOADED, False),
        (ups("OL BYPASS"), 0, State.DEGRADED, Reason.BYPASSED, False),
        (ups("OFF"), 0, State.FAILED, Reason.SWITCHED_OFF, False),
        (ups("OL ALARM", told="Fan failure!"), 0, State.DEGRADED, Reason.ALARMED, False),
        (DEAF, 299, State.UNKNOWN, Reason.SILENT, False),
        (DEAF, 300, State.FAILED, Reason.SILENT, False),
        (ups(""), 0, State.UNKNOWN, Reason.SILENT, False),
    ],
)
def test_a_supply_is_as_its_words_say(
    found: Supply, lasted: float, state: State, reason: Reason | None, *, vital: bool
) -> None:
    since = AT - timedelta(seconds=lasted)
    told = power.reading(found, "alpha", since, AT, RULES, VALID)
    assert (told.state, told.reason, told.vital) == (state, reason, vital)


def test_a_device_says_what_it_likes_and_only_numbers_count() -> None:
    told = {"ups.status": "OB LB", "battery.runtime": "95", "battery.charge": "12.5"}
    found = power.supply("salle", told | {"ups.alarm": "x" * 5000})
    assert (found.runtime, found.charge, len(found.told)) == (95.0, 12.5, 120)
    for nonsense in ("", "nan", "inf", "-4", "1e999", "=1+1", "95 s"):
        assert power.supply("salle", {"battery.runtime": nonsense}).runtime is None


MAINS, LONG, SOON, LOW, LAST = (
    ups("OL"),
    ups("OB"),
    ups("OB", 800),
    ups("OB LB", 170),
    ups("OB", 50),
)


@pytest.mark.parametrize(
    ("supplies", "calls", "act"),
    [
        ([], Calls(), Act.NOTHING),
        ([MAINS], Calls(in_need=1), Act.NOTHING),
        ([LONG], Calls(), Act.NOTHING),
        ([SOON], Calls(), Act.OFFER),
        ([LOW], Calls(), Act.STOP),
        ([LOW], Calls(others=1), Act.WAIT),
        ([LAST], Calls(others=9), Act.STOP),
        ([LAST], Calls(in_need=1), Act.WAIT),  # nobody in need is hung up
        ([ups("OB LB", None)], Calls(others=1), Act.WAIT),
        ([ups("OB LB", None)], Calls(), Act.STOP),
        ([ups("FSD OL")], Calls(), Act.STOP),
        ([ups("FSD OL")], Calls(in_need=1), Act.WAIT),
        ([LOW, MAINS], Calls(), Act.NOTHING),  # they stand in for each other
        ([LOW, LONG], Calls(), Act.NOTHING),
        ([LOW, SOON], Calls(), Act.OFFER),
        ([LOW, LAST], Calls(), Act.STOP),
        ([LOW, DEAF], Calls(), Act.OFFER),  # silence stops nothing
        ([DEAF], Calls(), Act.NOTHING),
        ([ups("OB CAL")], Calls(), Act.NOTHING),
        ([ups("")], Calls(), Act.NOTHING),
    ],
)
def test_what_is_done_where_a_battery_ends(supplies: list[Supply], calls: Calls, act: Act) -> None:
    assert power.decide(supplies, calls, RULES) is act


def test_a_station_that_is_not_to_stop_offers_its_work_and_stays() -> None:
    stays = Rules(stop=0, hand_over=900)
    assert power.decide([LOW], Calls(), stays) is Act.OFFER
    assert power.decide([LAST], Calls(), stays) is Act.OFFER


def test_it_begins_again_with_the_first_supply_that_has_mains() -> None:
    assert power.is_back([LOW, MAINS])
    assert power.is_back([ups("OL LB CHRG")])
    for still in ([], [LOW], [DEAF], [ups("")], [ups("FSD OL")]):
        assert not power.is_back(still)


def call(**fields: Any) -> Call:
    up: dict[str, Any] = {"id": "1", "step": "s", "to": "x", "attempt": 1, "priority": 2}
    return Call(**up | {"state": CallState.ANSWERED, "requested_at": AT} | fields)


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ({}, False),
        ({"priority": 0}, True),  # a vital alarm's, or a person's
        ({"direction": Direction.INCOMING}, True),
        ({"room": "r"}, True),  # with an operator, or waiting for one
        ({"step": "queue", "priority": 0}, False),  # rings a desk for work
    ],
)
def test_who_is_in_need(fields: dict[str, Any], *, needs: bool) -> None:
    assert power.is_in_need(call(**fields)) is needs


@pytest.mark.parametrize(
    ("found", "state", "reason", "vital"),
    [
        (Generator(name="g", runs=False), State.OK, None, False),
        (Generator(name="g", runs=True), State.DEGRADED, Reason.ON_GENERATOR, False),
        (
            Generator(name="g", runs=False, fuel=20, fuel_limit=25),
            State.DEGRADED,
            Reason.LITTLE_FUEL,
            False,
        ),
        (
            Generator(name="g", runs=True, fuel=20, fuel_limit=25),
            State.FAILED,
            Reason.LITTLE_FUEL,
            True,
        ),
        (
            Generator(name="g", runs=True, fuel=25, fuel_limit=25),
            State.DEGRADED,
            Reason.ON_GENERATOR,
            False,
        ),
        (Generator(name="g", problem="no such device"), State.UNKNOWN, Reason.SILENT, False),
        (Generator(name="g"), State.UNKNOWN, Reason.SILENT, False),
    ],
)
def test_a_generator_that_runs_is_looked_at_and_one_that_ends_is_vital(
    found: Generator, state: State, reason: Reason | None, *, vital: bool
) -> None:
    told = power.generator_reading(found, "alpha", AT, VALID)
    assert (told.state, told.reason, told.vital) == (state, reason, vital)
