"""PostgreSQL, three engines, two nodes, each with its own telephone network: kill -9 of engines, of
telephony, of a whole machine. Counted at both networks.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.attacks import chaos
from tests.support.attacks.machine_chaos import TAKEN_OVER_WITHIN, Chaos, judge
from tests.support.stations.two_nodes import TwoNodes
from tests.support.suite.hold_ups import HoldUps

#: Sites of a deep run, of a fast one: enough for whichever node is lost to have work.
DEEP, FAST = 24, 16


@pytest.mark.timeout(400)
async def test_several_machines_lose_no_alarm(
    tmp_path: Path, postgresql_url: str, hold_ups: HoldUps, deep_run: bool
) -> None:
    chance = chaos.dice("machines")
    async with TwoNodes(tmp_path, postgresql_url) as both:
        run = Chaos(both, chance, sites=DEEP if deep_run else FAST, rounds=1)
        await run.run()
        verdict = await judge(run, hold_ups)  # the bounds are of a machine that isn't held up
        assert verdict.taken_over, "the lost node had no work: the test proves nothing"
        assert max(found.after for found in verdict.taken_over) <= TAKEN_OVER_WITHIN
        assert max(verdict.lags) <= TAKEN_OVER_WITHIN
        await chaos.verified(both)
