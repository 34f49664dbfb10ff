"""Plugs of a whole station are really pulled: doctor, health, metrics and the console say the same
of each, and of each that it is well again.

All of them as facts, in seconds: ``integration/web/watch/test_plugs.py``.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.outside.plugs import held, locked
from tests.support.pages.verdicts import Verdict, lamp_of, lamps, of_json, of_metrics
from tests.support.sip.sip_relay import SipRelay
from tests.support.sip.trunks import TRUNKS, TrunkStation

pytestmark = pytest.mark.deep

NAME, PASSWORD = "claire", "sous les pavés"
#: Seconds until a process that says nothing, or a link, is missed, on the slowest machine.
PATIENCE = 90.0


class Four:
    """The four places, asked over the network as their users do."""

    def __init__(self, station: TrunkStation, visitor: httpx.AsyncClient) -> None:
        self.station, self._visitor = station, visitor

    async def health(self) -> Verdict:
        """The cheapest of them: the doctor is a process of its own each time."""
        return of_json((await self.station.api.get("/health")).json())

    async def say(self) -> list[Verdict]:
        doctor = await self.station.cli("doctor", "--json", codes=(0, 1))
        metrics = await self._visitor.get(f"{self.station.url}/metrics")
        station = await self.station.api.get("/station")
        return [
            of_json(json.loads(doctor.splitlines()[-1])),
            of_metrics(metrics.text),
            of_json(station.json()),
            await self.health(),
        ]

    async def until_said(self, organ: str, state: str, status: str) -> None:
        """Each of them says so, at the same time."""

        def is_said(found: Verdict) -> bool:
            return found.ill.get(organ) == state and found.status == status

        async def said() -> bool:
            return is_said(await self.health()) and all(map(is_said, await self.say()))

        await self.station.until(said, within=PATIENCE)

    async def until_well(self, organ: str) -> None:
        async def well() -> bool:
            is_well = organ not in (await self.health()).ill
            return is_well and not any(organ in one.ill for one in await self.say())

        await self.station.until(well, within=PATIENCE)

    async def shows(self, label: str, reason: str) -> None:
        """A lamp of the console."""

        async def lit() -> bool:
            page = await self._visitor.get(f"{self.station.url}/")
            return lamp_of(lamps(page.text), label, reason)

        await self.station.until(lit, within=PATIENCE)


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Four, SipRelay]]:
    """A station with one trunk, whose wire can be cut, and a clock that nobody answers for."""
    own = {"CALLFLOW_CLOCK": "chrony", "CALLFLOW_HUNG_AFTER": "0"}  # what is held stays so
    station = TrunkStation(folder, own)
    async with SipRelay(station.base + 80) as wire:
        far_end = {"address": f"127.0.0.1:{wire.port}", "domain": "alpha.invalid"}
        station.use([{**TRUNKS[0], **far_end}])
        async with station, httpx.AsyncClient(trust_env=False, timeout=30) as visitor:
            await station.user(NAME, PASSWORD)
            form = {"name": NAME, "password": PASSWORD}
            assert (await visitor.post(f"{station.url}/login", data=form)).status_code == 303
            yield Four(station, visitor), wire


def asterisk(station: TrunkStation) -> list[int]:
    """The station's own, not the network's."""
    return [
        int(folder.name)
        for folder, words in station.processes()
        if any(word.endswith("/station/etc/asterisk.conf") for word in words)
    ]


@pytest.mark.timeout(900)
async def test_each_pulled_plug_is_seen_in_each_of_the_four_places(tmp_path: Path) -> None:
    async with running(tmp_path) as (four, wire):
        station = four.station
        await four.until_said("clock", "unknown", "degraded")
        await four.shows("Horloge", "no_source")

        wire.cut = True
        await four.until_said("trunk:alpha", "failed", "failed")
        await four.shows("Trunk SIP", "no_calls")
        wire.cut = False
        await four.until_well("trunk:alpha")

        for role, label in (("receiver", "Frontal"), ("engine", "Moteur")):
            with held(station.pids(role)):
                await four.until_said(f"process:{role}", "failed", "failed")
                await four.shows(label, "not_running")
            await four.until_well(f"process:{role}")

        with held(asterisk(station)):
            await four.until_said("asterisk", "failed", "failed")
            await four.shows("Téléphonie", "no_link")
        await four.until_well("asterisk")

        with locked(station.data_dir / "callflow.db"):
            await four.until_said("database", "failed", "failed")
            await four.shows("Base de données", "not_writable")
        await four.until_well("database")
        assert {verdict.status for verdict in await four.say()} == {"degraded"}, "but for the clock"
