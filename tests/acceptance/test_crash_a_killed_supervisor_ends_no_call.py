"""kill -9 of the supervisor: its roles end with it, Asterisk and its calls don't."""

from __future__ import annotations

from pathlib import Path

import pytest

from callflow.supervisor import ROLES
from ivr.asterisk.instance import Kind
from tests.support import chaos
from tests.support.chaos import CODE, RINGS, Town
from tests.support.station import Station

#: Who heard the first words types half a minute after them ("w": a second), when the voice that
#: fell silent is back: it asks three times, for half a minute. Were it back while they type, the
#: first keys would be lost, and the code a wrong one.
PATIENT = {"behaviour": "answer", "after_s": 1, "keys": f"{'w' * 30}{CODE}#www1"}
#: Who answers while nobody is there hears music, which counts as first words; the voice comes when
#: the station is back, on a busy machine after twenty seconds.
LATER = {"behaviour": "answer", "after_s": 4, "keys": f"{'w' * 24}{CODE}#www1"}


@pytest.mark.timeout(300)
async def test_a_killed_supervisor_ends_no_call(tmp_path: Path) -> None:
    async with Station(tmp_path) as station:
        town = Town(station)
        await town.open()
        talks = await town.site("talks", (PATIENT, RINGS, RINGS))
        rings = await town.site("rings", (LATER, RINGS, RINGS))
        await town.alarm(talks)
        await station.until(lambda: chaos.answered(station, town.number(talks, 0)))
        await town.alarm(rings)
        await station.until(lambda: chaos.far_end_now(station, town.number(rings, 0)))
        before = {kind: chaos.asterisk_pid(station, kind) for kind in Kind}

        await station.crash()
        await station.until(lambda: not any(map(station.pids, ROLES)), within=15)
        assert [chaos.alive(pid) for pid in before.values()] == [True, True]
        for account in (talks, rings):
            (call,) = chaos.far_end_now(station, town.number(account, 0))
            assert call.ended_at is None, "the call lives on without us"

        await station.start()
        assert {kind: chaos.asterisk_pid(station, kind) for kind in Kind} == before
        await station.until(town.all_over, within=120)
        await chaos.no_channel_left(station, within=60)
        incidents = await town.incidents()
        assert [c["outcome"] for i in incidents for c in i["calls"]] == ["verified_ok"] * 2
        assert [i["resolution_code"] for i in incidents] == ["false_alarm"] * 2
        await chaos.far_end(station, await station.incidents())
        await chaos.verified(station)
