"""Every process of a station stands still at once, and lives: each is ended within its time and
begun again, and the next alarm is acknowledged."""

from __future__ import annotations

import os
import signal

import httpx
import pytest

from callflow.processes.supervisor import ROLES
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.deep]


@pytest.mark.timeout(300)
async def test_processes_that_hang_are_begun_again(station: Station) -> None:
    held = {role: station.pids(role) for role in ROLES}
    for pids in held.values():
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)

    def others_are_there() -> bool:
        found = {role: station.pids(role) for role in ROLES}
        return all(found[role] and not set(found[role]) & set(held[role]) for role in ROLES)

    async def well() -> bool:
        try:
            health = (await station.api.get("/health")).json()
        except httpx.TransportError:
            return False
        return not health["missing"] and health["asterisk"] == "up"

    await station.until(others_are_there, within=280)
    await station.until(well, within=280)
    assert (await station.send(sites.fresh("H"))).kind == "ACK"
