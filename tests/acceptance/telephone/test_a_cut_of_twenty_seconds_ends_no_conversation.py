"""The operator's network is cut for 20 s and comes back: the call is there, the queue is true."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.acceptance.telephone.conversations import (
    OPERATOR_HZ,
    a_person_asks_for_an_operator,
    hear_each_other,
    somebody_elses_alarm,
)
from tests.support.outside.cable import Cut
from tests.support.outside.certificates import certificate
from tests.support.phones.phone import phones_of
from tests.support.stations.desk import desks_of
from tests.support.stations.station import Station, patient_station

pytestmark = [pytest.mark.ear, pytest.mark.deep]

CUT_FOR = 20.0


class Reachable(Station):
    """A demo refuses to be reached from beyond this machine; the cut cable leads no further."""

    forks = False

    def _command(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "tests.support.stations.reachable_demo", *arguments)


@pytest_asyncio.fixture
async def reachable(tmp_path: Path) -> AsyncIterator[Station]:
    """A station that is reached over a network: by TLS."""
    (tmp_path / "tls").mkdir()
    certificate(tmp_path / "tls")
    settings = {
        "CALLFLOW_BIND": "0.0.0.0",
        "CALLFLOW_SURGARD_BIND": "127.0.0.1",
        "CALLFLOW_DC07_BIND": "127.0.0.1",
        "CALLFLOW_TLS_CERTIFICATE": str(tmp_path / "tls" / "cert.pem"),
        "CALLFLOW_TLS_KEY": str(tmp_path / "tls" / "key.pem"),
    }
    async with patient_station(tmp_path / "data", settings, Reachable) as station:
        yield station


@pytest.mark.asyncio
async def test_a_cut_of_twenty_seconds_ends_no_conversation(
    reachable: Station, tmp_path: Path
) -> None:
    station = reachable
    (tmp_path / "phones").mkdir()
    (tmp_path / "desks").mkdir()
    with Cut() as cable:
        async with (
            phones_of(station, tmp_path / "phones") as phones,
            desks_of(station, tmp_path / "desks") as desks,
        ):
            desk = await desks.of("xena", OPERATOR_HZ, network=cable)
            _, person = await a_person_asks_for_an_operator(station, phones)
            await desk.answers()
            await hear_each_other(person, desk)
            await desk.speaks_and_hears(packets=200)

            cable.pulled_out()
            begun = asyncio.get_running_loop().time()
            meanwhile = await somebody_elses_alarm(station)
            await desk.page.locator("#cut").wait_for(timeout=20_000)
            await asyncio.sleep(CUT_FOR - (asyncio.get_running_loop().time() - begun))
            assert not person.call.over
            cable.plugged_in()

            await desk.page.locator("#cut").wait_for(state="hidden", timeout=60_000)
            await desk.speaks_and_hears(packets=200, within=20)
            await hear_each_other(person, desk)
            await desk.page.locator(f"#i-{meanwhile}").wait_for()
            await desk.presses("F4")
            await person.is_hung_up()
            await desk.is_free()
