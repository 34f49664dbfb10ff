"""The dead man's switch, with real phones: silence rings every desk, a key at one of them ends it.

Nobody is called beyond the desks, and the other desk stops ringing. What is counted is what the
simulated network saw.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from callflow.demo import sites
from tests.support.stations.shifts import OFTEN, logged_in, take_up
from tests.support.stations.station import Station

DESK, SECOND_DESK = sites.DESK_PHONES
DUTY = sites.DUTY_NUMBERS[0]


@pytest.mark.deep
async def test_silence_rings_the_desks_and_a_key_ends_it(tmp_path: Path) -> None:
    async with Station(tmp_path, OFTEN) as station:
        await station.phone(DESK, "answer", after_s=1, keys="w1")
        await station.phone(SECOND_DESK, "ring")
        async with logged_in(station, "claire") as claire, logged_in(station, "david") as david:
            await take_up(claire)
            await station.until(lambda: alarms(station), within=60)
            (alarm,) = await alarms(station)
            assert (alarm["category"], alarm["with_human"]) == ("vital", True)

            await station.until(lambda: is_filed(station, alarm["id"]), within=60)
            await take_up(david)  # two watch over each other: nobody is asked any more
            ended = (await station.api.get(f"/incidents/{alarm['id']}")).json()
            assert ended["resolution_code"] == "present"
            calls = {call["to"]: call["outcome"] for call in ended["calls"]}
            assert calls.keys() == {DESK, SECOND_DESK}
            assert calls[DESK] == "acknowledged"
            await station.until(lambda: nothing_rings(station, SECOND_DESK))
            assert len(await station.seen(DESK)) == 1
            assert len(await station.seen(SECOND_DESK)) == 1
            assert await station.seen(DUTY) == []
            kinds = [entry["kind"] for entry in ended["logbook"]]
            assert "closed" in kinds


async def alarms(station: Station) -> list[dict[str, Any]]:
    return [row for row in await station.incidents() if row["kind"] == "dead_man"]


async def is_filed(station: Station, incident: str) -> bool:
    found = (await station.api.get(f"/incidents/{incident}")).json()
    return bool(found["state"] == "filed")


async def nothing_rings(station: Station, number: str) -> bool:
    return all(call["ended_at"] for call in await station.seen(number))
