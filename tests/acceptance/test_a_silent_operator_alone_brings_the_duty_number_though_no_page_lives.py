"""The dead man's switch works while the web is frozen: nobody answers at the desks, so the duty
number rings, who is on the roster first; their key ends nothing, since somebody must go and see.
"""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

from callflow import clock
from callflow.demo import sites
from callflow.storage import Store, Tx
from callflow.storage.alarms import incidents
from callflow.storage.calls import calls
from tests.support.outside.outages import the_turn
from tests.support.stations.shifts import OFTEN, logged_in, take_up
from tests.support.stations.station import Station

DESKS = sites.DESK_PHONES
DUTY = sites.DUTY_NUMBERS[0]
ON_CALL = "+33639989920"
RINGS = {"CALLFLOW_RING_TIME": "6", "CALLFLOW_HUNG_AFTER": "0", **OFTEN}


async def test_nobody_at_the_desks_brings_the_duty_number(tmp_path: Path) -> None:
    async with Station(tmp_path, RINGS) as station:
        for number in (*DESKS, ON_CALL):
            await station.phone(number, "ring")
        await station.phone(DUTY, "answer", after_s=1, keys="w1")
        now = clock.now()
        span = {"begins_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
        duty = {"part": "technician", "name": "Ana", "phone": ON_CALL, **span}
        assert (await station.api.post("/roster", json=duty)).status_code == 201
        async with logged_in(station, "claire") as claire:
            await take_up(claire)
            store = Store(f"sqlite:///{tmp_path / 'callflow.db'}", mac=str)
            with the_turn(tmp_path / "callflow.db"):  # else it may have that, and nobody writes
                freeze(station, signal.SIGSTOP)  # no page asks, and none could be answered
            try:
                await station.until(lambda: reached(store), within=120)
            finally:
                freeze(station, signal.SIGCONT)
                store.close()
            await station.until(lambda: alarm_of(station))
            alarm = await alarm_of(station)
            assert alarm is not None
            assert (alarm["state"], alarm["with_human"]) == ("open", True)
            called = [call["to"] for call in alarm["calls"] if call["step"] in ("desk", "duty")]
            assert sorted(called[:2]) == sorted(DESKS)
            assert called[2:] == [ON_CALL, DUTY]
            for number in called:
                assert len(await station.seen(number)) == 1
            page = (await claire.get("/shift/presence")).text
            assert "Les postes sonnent" in page
            await close(station, alarm["id"])


def freeze(station: Station, number: signal.Signals) -> None:
    """The web does nothing, and its supervisor is told to let it."""
    for pid in station.pids("web"):
        os.kill(pid, number)


def reached(store: Store) -> bool:
    """Whether somebody on duty pressed the key, as the rows say."""

    def read(tx: Tx) -> bool:
        mine = [row for row in incidents.page(tx) if row.kind == "dead_man"]
        made = [call for row in mine for call in calls.of_incident(tx, row.id)]
        return any(c.to == DUTY and c.outcome == "acknowledged" for c in made)

    return store.read_now(read)


async def alarm_of(station: Station) -> dict[str, Any] | None:
    """The alarm, once its plan is at its end."""
    found = [row for row in await station.incidents() if row["kind"] == "dead_man"]
    if not found:
        return None
    whole: dict[str, Any] = (await station.api.get(f"/incidents/{found[0]['id']}")).json()
    return whole


async def close(station: Station, incident: str) -> None:
    """By hand, as whoever went there does, and a supervisor with them (D30)."""
    assert (await station.api.post(f"/incidents/{incident}/claim")).is_success
    await station.closes_personal(incident)
