"""Each process of a station has its place before the machine's others, and whom it begins has its
own: on a busy machine a dead role is begun again at once, and pages are drawn in their time."""

from __future__ import annotations

import os

import pytest

from callflow import niceness
from callflow.processes.supervisor import ROLES
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_what_must_not_wait_goes_first(station: Station) -> None:
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    wanted = {
        "receiver": niceness.RECEIVER,
        "engine": niceness.ENGINE,
        "telephony": niceness.TELEPHONY,
        "web": max(ours, niceness.WEB),
        "supervisor": niceness.SUPERVISOR,
    }
    begun = [int(folder.name) for folder, words in station.processes() if "demo" in words]
    pids = {role: station.pids(role) for role in ROLES} | {"supervisor": begun}
    found = {
        name: {os.getpriority(os.PRIO_PROCESS, pid) for pid in of} for name, of in pids.items()
    }
    allowed = os.geteuid() == 0
    assert found == {name: {place if allowed else ours} for name, place in wanted.items()}
