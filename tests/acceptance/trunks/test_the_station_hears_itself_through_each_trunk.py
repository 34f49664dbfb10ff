"""The station calls itself through each trunk: what is lost in silence is found, and nobody's
phone rings for it. (What is due when, is believed, or was not carried:
tests/integration/handling/watch.)"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callflow.core.calls.purpose import Purpose
from callflow.core.signals.signal import Kind
from callflow.core.watch.canary import Canary
from callflow.core.watch.organs import Reason, State
from callflow.handling.watch import canaries as deeds
from callflow.storage import Tx
from callflow.storage.calls import calls
from callflow.storage.watch import canaries
from tests.support.phones.phone import phones_of
from tests.support.rows import sites
from tests.support.sip.trunks import TrunkStation
from tests.support.stations.station import DESKS

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: What the network does with the calls of each trunk, and what the canary says of it.
LOST: dict[str, tuple[str, State, Reason | None]] = {
    "alpha": ("up", State.OK, None),
    "beta": ("no_sound_back", State.FAILED, Reason.NO_AUDIO_IN),
    "gamma": ("no_sound_out", State.FAILED, Reason.NO_AUDIO_OUT),
    "delta": ("no_keys", State.FAILED, Reason.NO_KEYS),
    "epsilon": ("other_number", State.DEGRADED, Reason.WRONG_NUMBER),
}
#: One whose last channels are nobody's to take.
NARROW = "zeta"
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
        return {one.trunk: one for one in await self.settled() if one.state is not State.UNKNOWN}

    async def settled(self) -> list[Canary]:
        """Those that are over, of each trunk the newest first."""
        return await self.writes(_settled)


def _settled(tx: Tx, _: object) -> list[Canary]:
    names = (*LOST, NARROW)
    return [one for name in names for one in canaries.newest(tx, name, "node0", limit=99)]


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

    await station.until(all_said, within=280)
    assert {name: (one.state, one.reason) for name, one in found.items()} == {
        name: (state, reason) for name, (_, state, reason) in LOST.items()
    }
    items = (await station.api.get("/station")).json()["items"]
    told = {one["name"]: one["state"] for one in items if one["part"] == "canary"}
    assert told["alpha"] == told["dc09-tcp"] == told["dc09-udp"] == told["web"] == "ok"


async def test_nobody_is_rung_and_nothing_waits_for_it(station: HearingItself) -> None:
    over = await station.settled()
    seen = await station.seen(station.number)
    assert {call["trunk"] for call in seen} == LOST.keys(), "a channel is left to others"
    assert {f"+{call['caller'].lstrip('+')}" for call in seen} == {SHOWN}
    assert len(seen) in (len(over), len(over) + 1), "each call once: one may be under way"
    assert [await station.seen(desk) for desk in DESKS] == [[], []]
    assert await station.writes(_from_outside) == []
    assert {one["kind"] for one in await station.incidents()} <= {Kind.ORGAN}


async def test_who_calls_meanwhile_with_keys_that_were_overheard_is_greeted_as_anybody(
    station: HearingItself, tmp_path: Path
) -> None:
    before = (await station.settled())[0]
    overheard = await station.writes(lambda tx, vault: deeds.keys(vault, before.id))
    number = sites.number(99)
    async with phones_of(station, tmp_path) as phones:
        phone = await phones.at(number)
        await station.until(lambda: station.writes(_is_placed), within=280)
        await phone.calls_the_station(number)
        await phone.types(overheard)
        await phone.expect_prompt("welcome", station="Callflow")
        phone.hangs_up()
        await phone.is_hung_up()
    assert number not in {one.shown for one in await station.settled()}
    assert await station.writes(_from_outside) == [number]


def _from_outside(tx: Tx, _: object) -> list[str]:
    return [call.to for call in calls.of_kind(tx, Purpose.INCOMING, limit=99)]


def _is_placed(tx: Tx, _: object) -> bool:
    return deeds.awaited(tx) is not None
