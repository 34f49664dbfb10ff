"""kill -9 of the web in the middle of a dialogue, and again whenever it is begun anew."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from callflow import clock
from ivr.asterisk.network_log import SeenCall
from tests.support import chaos
from tests.support.chaos import CODE, RINGS, Town
from tests.support.station import Station

#: No later than this after a panel's acknowledgement its site's phone rings, seconds.
ON_TIME = 1.0
#: Calls with the web, and as many without: a hold-up lengthens one of them, not the best.
CALLS = 3
SAYS = {"behaviour": "answer", "after_s": 1, "keys": f"wwww{CODE}#wwww1"}


@pytest.mark.timeout(180)
async def test_a_dead_web_changes_no_call(tmp_path: Path) -> None:
    async with Station(tmp_path) as station:
        town = Town(station)
        await town.open()
        # The same words are said in each call.
        first, second, third = [await _sites(town) for _ in range(3)]
        await _alarms(town, first)
        reference = [await _ended(town, account) for account in first]
        await _alarms(town, second)
        numbers = [town.number(account, 0) for account in second]
        await station.until(lambda: all(chaos.answered(station, number) for number in numbers))
        async with chaos.kept_dead(station, "web"):
            await station.until(lambda: chaos.listener(station.base) is None)
            in_call = [await _ended(town, account) for account in second]
            sent = await _alarms(town, third)
            after = [await _ended(town, account) for account in third]
            assert chaos.listener(station.base) is None
        lengths = [sorted(map(_length, calls)) for calls in (reference, in_call, after)]
        waits = [(c.at - at).total_seconds() for c, at in zip(after, sent, strict=True)]
        print(f"best lengths: {[round(found[0], 2) for found in lengths]} s of {CALLS} each")
        print(f"alarm → INVITE without the web: {chaos.figures(waits)}")
        best, *others = [found[0] for found in lengths]
        assert all(abs(other - best) <= 1.0 for other in others)
        assert min(waits) <= ON_TIME
        await station.until(lambda: chaos.listener(station.base), within=30)
        incidents = await town.incidents()
        assert [i["resolution_code"] for i in incidents] == ["false_alarm"] * 3 * CALLS
        assert [c["outcome"] for i in incidents for c in i["calls"]] == ["verified_ok"] * 3 * CALLS


async def _sites(town: Town) -> list[str]:
    return [await town.site("answers", (SAYS, RINGS, RINGS), name="Moulin") for _ in range(CALLS)]


async def _alarms(town: Town, accounts: list[str]) -> list[datetime]:
    """When each was sent."""
    sent = []
    for account in accounts:
        sent.append(clock.now())
        await town.alarm(account)
    return sent


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
