"""kill -9 of the station's Asterisk while one person speaks and another's phone rings."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import Any

import pytest

from callflow import clock
from tests.support.attacks import chaos
from tests.support.attacks.chaos import ANSWERS, RINGS, Town
from tests.support.stations.station import Station
from tests.support.suite.hold_ups import HoldUps

pytestmark = pytest.mark.asyncio(loop_scope="package")

AGAIN_WITHIN = 10.0  # seconds after Asterisk's return
LISTENS = {"behaviour": "answer", "after_s": 0, "keys": "", "tone_hz": 1000}


@pytest.mark.timeout(180)
async def test_a_killed_asterisk_keeps_the_recording_and_calls_again(
    station: Station, hold_ups: HoldUps
) -> None:
    town = Town(station, letter="Z")
    await town.open(ring_s=60)
    speaks = await town.site("speaks", (LISTENS, RINGS, RINGS))
    rings = await town.site("rings", (RINGS, RINGS, RINGS))
    called = [town.number(account, 0) for account in (speaks, rings)]
    await town.alarm(speaks)
    await station.until(lambda: _recorded(station) > 3 * 8000 * 4)
    await town.alarm(rings)
    await station.until(lambda: _rings(station, rings))
    # From their next call on: what is live has read what it does.
    for number in called:
        await station.put(f"/simulator/phones/{number}", ANSWERS)
    killed_at, back_at = await _kill(station)
    await station.until(town.all_over, within=60)
    await chaos.no_channel_left(station, within=60)

    incidents = await town.incidents()
    seen = await chaos.far_end(station)
    for incident, number in zip(incidents, called, strict=True):
        lost, again = incident["calls"]
        assert (lost["outcome"], again["outcome"]) == ("unknown", "verified_ok")
        assert incident["resolution_code"] == "false_alarm"
        assert any("issue inconnue" in entry["text"] for entry in incident["logbook"])
        again_at = [call.at for call in seen if call.to == number][-1]
        late = chaos.wait(hold_ups.parts(), back_at, again_at)
        print(f"{number}: called again {late:.2f} s after Asterisk's return")
        assert late <= AGAIN_WITHIN
    await _is_kept(station, incidents[0])
    told = [entry for entry in await station.logbook() if entry["kind"] == "station"]
    since = [entry for entry in told if clock.from_iso(entry["at"]) >= killed_at]
    assert since, "the station says what it lost"
    await chaos.verified(station)


async def _kill(station: Station) -> tuple[datetime, datetime]:
    """kill -9 of the station's Asterisk, when; and when the next one answers."""
    pid = chaos.asterisk_pid(station)
    at = clock.now()
    os.kill(pid, signal.SIGKILL)
    ami = station.base + 38
    await station.until(lambda: chaos.listener(ami) not in (None, pid))
    back_at = clock.now()
    print(f"Asterisk was away for {(back_at - at).total_seconds():.2f} s")
    return at, back_at


async def _rings(station: Station, account: str) -> bool:
    """Whether the first call of its alarm rings at the far end."""
    calls = (await station.incident(account))["calls"]
    return any(call["state"] == "ringing" for call in calls)


def _recorded(station: Station) -> int:
    """Bytes that MixMonitor has written."""
    return sum(path.stat().st_size for path in (station.data_dir / "recordings").glob("*.raw"))


async def _is_kept(station: Station, incident: dict[str, Any]) -> None:
    """The cut call's recording is there, said to be cut, and plays."""
    cut = incident["calls"][0]["id"]
    recording = next(r for r in incident["recordings"] if r["id"] == cut)
    assert recording["problem"] == "cut"
    assert recording["duration"] >= 3
    sound = await station.api.get(f"/recordings/{cut}")
    assert sound.is_success
    assert len(sound.content) > 3 * 8000 * 4
