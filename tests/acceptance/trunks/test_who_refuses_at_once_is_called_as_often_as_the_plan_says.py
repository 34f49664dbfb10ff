"""Neither a full machine nor an Asterisk that stands still has anybody's phone ring once too often.

The long form is ``./run bench rings``.
"""

from __future__ import annotations

import pytest

from tests.support import chaos, rings
from tests.support.trunks import TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="package")

NUMBERS, STOPS, HUNG_UP = 150, 2, 24


async def test_who_refuses_at_once_is_called_as_often_as_the_plan_says(
    station: TrunkStation,
) -> None:
    with rings.full_machine():
        rung = await rings.refused_at_once(station, NUMBERS)
    assert rung.otherwise(rings.ATTEMPTS) == {}
    assert rung.outcomes == {"busy": NUMBERS * rings.ATTEMPTS}


async def test_a_call_that_is_hung_up_while_it_is_dialled_rings_nowhere(
    station: TrunkStation,
) -> None:
    """Asked to hang up a channel that it has not made yet, Asterisk knows none."""
    lived = await rings.hung_up_at_once(station, HUNG_UP, chaos.dice("hung up"))
    print(f"{len(lived)} INVITEs, which lived for {chaos.figures(lived)}")
    assert max(lived, default=0.0) < rings.RINGS_FOR / 2


async def test_no_phone_rings_twice_at_once_after_a_stop_of_asterisk(
    station: TrunkStation,
) -> None:
    rung = await rings.asterisk_stops(station, STOPS, chaos.dice("rings"))
    assert min(rung.invites.values()) >= 1
    # Of unknown fate, and so once more: nothing else rings beyond the plan.
    asked = len(rung.invites) * rings.ATTEMPTS
    assert sum(rung.invites.values()) <= asked + rung.outcomes["unknown"]
