"""The battery of a real NUT server ends: whoever is on the line stays there, the station stops once
they have hung up, and begins again with the mains.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from callflow.processes.supervisor import ROLES
from tests.support.outside.nut import Nut
from tests.support.phones.phone import phones_of
from tests.support.stations.station import Station, patient_station

CALLER, NUMBER = "+33639987001", "+33639987009"
#: Seconds in which something may happen on a machine with other things to do: the test's own limit
#: is the shorter one.
ANY = 600.0


def running(station: Station) -> list[str]:
    """Which roles and Asterisks live."""
    roles = [role for role in ROLES if station.pids(role)]
    return roles + [words[0] for _, words in station.processes() if "asterisk" in words[0]]


async def told(station: Station, kind: str) -> bool:
    try:
        return any(entry["kind"] == kind for entry in await station.logbook())
    except httpx.TransportError:
        return False


@pytest.mark.deep  # fast: what the engine asks for, and what the supervisor does with it
async def test_an_empty_battery_stops_the_station_and_hangs_up_nobody_in_need(
    tmp_path: Path,
) -> None:
    server = Nut(tmp_path / "nut", ("salle",))
    data, folder = tmp_path / "data", tmp_path / "phones"
    folder.mkdir()
    with server.runs():
        ups = {"CALLFLOW_UPS": server.setting("salle")}
        async with (
            patient_station(data, ups) as station,
            phones_of(station, folder) as phones,
        ):
            caller = await phones.at(NUMBER)
            await caller.asks_for_an_operator(CALLER)
            await caller.expect_prompt("hold_the_line")
            server.says("salle", ups_status="OB LB", battery_runtime="30")
            await station.until(lambda: told(station, "power_wait"), ANY)
            assert not caller.call.over
            caller.hangs_up()
            await station.until(lambda: not running(station), ANY)
            recordings = [*(data / "recordings").rglob("*.wav")]
            assert recordings
            server.says("salle")
            await station.until(lambda: told(station, "power_back"), ANY)
            assert await told(station, "power_stop")
