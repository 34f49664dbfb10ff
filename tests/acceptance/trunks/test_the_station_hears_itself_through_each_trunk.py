"""The station calls itself through each trunk: what is lost in silence is found, and nobody's
phone rings for it. (What is due when, and believed: tests/integration/handling/watch.)"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callflow.core.watch.canary import Canary
from callflow.core.watch.organs import Reason, State
from callflow.storage import Tx
from callflow.storage.watch import canaries
from tests.support.trunks import TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: What the network does with the calls of each trunk, and what the canary says of it.
LOST: dict[str, tuple[str, State, Reason | None]] = {
    "alpha": ("up", State.OK, None),
    "beta": ("no_sound_back", State.FAILED, Reason.NO_AUDIO_IN),
    "gamma": ("no_sound_out", State.FAILED, Reason.NO_AUDIO_OUT),
    "delta": ("no_keys", State.FAILED, Reason.NO_KEYS),
    "epsilon": ("other_number", State.DEGRADED, Reason.WRONG_NUMBER),
    "zeta": ("refuse", State.FAILED, Reason.NO_ANSWER),
}
#: One whose last channels are nobody's to take.
NARROW = "eta"
SHOWN = "+33939980001"


class HearingItself(TrunkStation):
    """It begins to call itself soon after its start, and does so again and again."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir, {"CALLFLOW_CANARY_EVERY": "15"})
        self.use(
            [
                {"name": name, "channels": 2 if name == NARROW else 5, "reserved": 0}
                | {"machine_number": SHOWN}
                for name in (*LOST, NARROW)
            ]
        )

    async def first_of_each(self) -> dict[str, Canary]:
        """{trunk: its first canary that says anything}."""
        return await self.writes(_first_of_each)


def _first_of_each(tx: Tx, _: object) -> dict[str, Canary]:
    told = [one for name in LOST for one in canaries.newest(tx, name, "node0", limit=99)]
    return {one.trunk: one for one in told if one.state is not State.UNKNOWN}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def station(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HearingItself]:
    async with HearingItself(tmp_path_factory.mktemp("canary")) as running:
        for name, (behaviour, _, _) in LOST.items():
            await running.trunk(name, behaviour)
        yield running


async def test_what_each_trunk_loses_is_found_and_said(station: HearingItself) -> None:
    found: dict[str, Canary] = {}

    async def all_said() -> bool:
        found.update(await station.first_of_each())
        return found.keys() == LOST.keys()

    await station.until(all_said, within=200)
    for one in found.values():
        print(one)
    assert {name: (one.state, one.reason) for name, one in found.items()} == {
        name: (state, reason) for name, (_, state, reason) in LOST.items()
    }
