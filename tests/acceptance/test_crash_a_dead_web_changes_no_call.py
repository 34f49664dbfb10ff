"""kill -9 of the web in the middle of a dialogue, and again whenever it is begun anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from callflow import clock
from ivr.asterisk.network_log import SeenCall
from tests.support import chaos
from tests.support.chaos import CODE, RINGS, Town
from tests.support.station import Station

#: No later than this after a panel's acknowledgement its site's phone rings, seconds.
ON_TIME = 1.0
SAYS = {"behaviour": "answer", "after_s": 1, "keys": f"wwww{CODE}#wwww1"}


@pytest.mark.timeout(180)
async def test_a_dead_web_changes_no_call(tmp_path: Path) -> None:
    async with Station(tmp_path) as station:
        town = Town(station)
        await town.open()
        # The same words are said in each call.
        first, second, third = [
            await town.site("answers", (SAYS, RINGS, RINGS), name="Moulin") for _ in range(3)
        ]
        await town.alarm(first)
        reference = await _ended(town, first)
        await town.alarm(second)
        await station.until(lambda: chaos.answered(station, town.number(second, 0)))
        async with chaos.kept_dead(station, "web"):
            await station.until(lambda: chaos.listener(station.base) is None)
            in_call = await _ended(town, second)
            before = clock.now()
            await town.alarm(third)
            after = await _ended(town, third)
            assert chaos.listener(station.base) is None
        print(f"lengths: {[round(_length(c), 2) for c in (reference, in_call, after)]} s")
        print(f"alarm → INVITE without the web: {(after.at - before).total_seconds():.3f} s")
        assert abs(_length(in_call) - _length(reference)) <= 1.0
        assert abs(_length(after) - _length(reference)) <= 1.0
        assert (after.at - before).total_seconds() <= ON_TIME
        await station.until(lambda: chaos.listener(station.base), within=30)
        incidents = await town.incidents()
        assert [i["resolution_code"] for i in incidents] == ["false_alarm"] * 3
        assert [c["outcome"] for i in incidents for c in i["calls"]] == ["verified_ok"] * 3


async def _ended(town: Town, account: str) -> SeenCall:
    """The one call to the premises of a site, when it has ended."""
    number = town.number(account, 0)

    def over() -> bool:
        calls = chaos.far_end_now(town.station, number)
        return bool(calls) and all(call.ended_at is not None for call in calls)

    await town.station.until(over, within=60)
    (call,) = chaos.far_end_now(town.station, number)
    return call


def _length(call: SeenCall) -> float:
    """Seconds of talk."""
    assert call.answered_at is not None
    assert call.ended_at is not None
    return (call.ended_at - call.answered_at).total_seconds()
