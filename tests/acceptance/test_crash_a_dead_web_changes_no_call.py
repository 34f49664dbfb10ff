"""kill -9 of the web in the middle of a dialogue, and again whenever it is begun anew."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from callflow import clock
from ivr.asterisk.network_log import SeenCall
from tests.support import chaos
from tests.support.chaos import CODE, RINGS, Town
from tests.support.hold_ups import HoldUps, Parts
from tests.support.station import Station

#: No later than this after a panel's acknowledgement its site's phone rings, seconds.
ON_TIME = 1.0
#: Calls with the web, and as many without.
CALLS = 3
SAYS = {"behaviour": "answer", "after_s": 1, "keys": f"wwww{CODE}#wwww1"}


@pytest.mark.timeout(180)
async def test_a_dead_web_changes_no_call(tmp_path: Path, hold_ups: HoldUps) -> None:
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
        held_up = hold_ups.parts()
        lengths = [_best(calls, held_up) for calls in (reference, in_call, after)]
        waits = [chaos.wait(held_up, at, c.at) for c, at in zip(after, sent, strict=True)]
        print(f"best lengths: {lengths} s of {CALLS} each")
        print(f"alarm → INVITE without the web: {chaos.figures(waits)}")
        assert all(one[0] <= other[1] + 1.0 for one in lengths for other in lengths)
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


def _best(calls: list[SeenCall], held_up: Parts) -> tuple[float, float]:
    """Seconds of the shortest talk: less what the machine held up in it, and with that.

    The truth is between the two, since part of a hold-up is waited for in any case.
    """
    talks = [(call.answered_at, call.ended_at) for call in calls]
    least = min(chaos.wait(held_up, begin, end) for begin, end in talks if begin and end)
    most = min(chaos.wait([], begin, end) for begin, end in talks if begin and end)
    return round(least, 2), round(most, 2)
