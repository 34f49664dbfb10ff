"""Neither a full machine nor an Asterisk that stands still has anybody's phone ring once too often.

A deep run has the full counts, 2,500 refusals and 50 stops, in parts; so has ``./run bench rings``.
A fast one fills the machine with its other runs; what a full one once did, an answer that overtakes
its channel, is test_placing.py's.
"""

from __future__ import annotations

import contextlib

import pytest

from tests.support.attacks import chaos
from tests.support.sip import rings
from tests.support.sip.trunks import TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="package")

HUNG_UP = 24
DEEP = pytest.mark.deep, pytest.mark.timeout(600)
#: The first, and how many: of people, and of stops.
PEOPLE = [(0, 150), *(pytest.param(200 + 500 * n, 500, marks=DEEP) for n in range(5))]
STOPS = [(0, 1), *(pytest.param(10 + 10 * n, 10, marks=DEEP) for n in range(5))]


@pytest.mark.parametrize(("first", "numbers"), PEOPLE)
async def test_who_refuses_at_once_is_called_as_often_as_the_plan_says(
    station: TrunkStation, first: int, numbers: int, deep_run: bool
) -> None:
    with rings.full_machine() if deep_run else contextlib.nullcontext():
        rung = await rings.refused_at_once(station, numbers, first)
    assert rung.otherwise(rings.ATTEMPTS) == {}
    assert rung.outcomes == {"busy": numbers * rings.ATTEMPTS}


async def test_a_call_that_is_hung_up_while_it_is_dialled_rings_nowhere(
    station: TrunkStation,
) -> None:
    """Asked to hang up a channel that it has not made yet, Asterisk knows none."""
    lived = await rings.hung_up_at_once(station, HUNG_UP, chaos.dice("hung up"))
    print(f"{len(lived)} INVITEs, which lived for {chaos.figures(lived)}")
    assert max(lived, default=0.0) < rings.RINGS_FOR / 2


@pytest.mark.parametrize(("first", "stops"), STOPS)
async def test_no_phone_rings_twice_at_once_after_a_stop_of_asterisk(
    station: TrunkStation, first: int, stops: int
) -> None:
    rung = await rings.asterisk_stops(station, stops, chaos.dice("rings"), first)
    assert min(rung.invites.values()) >= 1
    # Of unknown fate, and so once more: nothing else rings beyond the plan.
    asked = len(rung.invites) * rings.ATTEMPTS
    assert sum(rung.invites.values()) <= asked + rung.outcomes["unknown"]
