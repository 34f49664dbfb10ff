"""kill -9 of the telephony process, again and again, while alarms of many sites are handled.

Everything is counted at the far end: the simulated network, which knows nothing of our rows. A fast
run has one kill, in a dialogue.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from statistics import median
from typing import Any

import pytest

from callflow.core.calls.purpose import Purpose
from tests.support.attacks import chaos
from tests.support.attacks.chaos import STORIES, Kill, Seen, Town
from tests.support.stations.station import Station
from tests.support.suite.hold_ups import HoldUps, Parts

pytestmark = pytest.mark.asyncio(loop_scope="package")

KILLS, SITES = 32, 30
#: Kills that must find a call between its INVITE and its end.
IN_A_CALL = 10
#: Seconds: half of the kills are made good so soon, and none takes longer than the other.
BACK_WITHIN, LAST_BACK_WITHIN = 2.0, 10.0
INVITE_WITHIN = 5.0  # seconds
#: Each time after so many, the new process is killed in its first moments too.
AT_ONCE_AGAIN = 8


@pytest.mark.timeout(400)
async def test_a_call_outlives_a_killed_telephony_process(
    station: Station, hold_ups: HoldUps
) -> None:
    town = Town(station, letter="T")
    await town.open()
    accounts = [await town.site(story) for story in ("right code", "voicemail", "busy")]
    for account in accounts:
        await town.alarm(account)
    number = town.number(accounts[0], 0)
    await station.until(lambda: chaos.answered(station, number))
    kill = await chaos.kill_listener(station, station.agi_port)
    await station.until(town.all_over, within=120)
    await chaos.no_channel_left(station, within=120)
    await station.until(town.all_recorded)
    incidents = await town.incidents()
    seen = await chaos.far_end(station)
    away = chaos.away_in([kill], hold_ups)
    assert max(chaos.lags(incidents, seen, away)) <= INVITE_WITHIN
    assert max(chaos.gaps(incidents, seen, away)) <= INVITE_WITHIN
    assert any(call.alive(kill.at) for call in seen if call.to == number)
    await _nothing_lost(town, incidents)
    _each_goes_on(seen, [kill], chaos.resynchronised(station), hold_ups.parts(), at_least=0)
    await chaos.verified(station)


@pytest.mark.deep
@pytest.mark.timeout(400)
async def test_a_killed_telephony_process_loses_no_call(
    station: Station, hold_ups: HoldUps
) -> None:
    chance = chaos.dice("telephony")
    town = Town(station, letter="U")
    await town.open()
    stories = itertools.islice(itertools.cycle(STORIES), SITES)
    accounts = [await town.site(story) for story in stories]
    chance.shuffle(accounts)
    accounts.sort(key=lambda a: town.stories[a] != "voicemail")  # the longest first
    kills = await _storm(town, iter(accounts), chance)
    await station.until(town.all_over, within=120)
    await chaos.no_channel_left(station, within=120)
    await station.until(town.all_recorded)
    await _judge(town, kills, hold_ups)
    await chaos.verified(station)


async def _storm(town: Town, accounts: Iterator[str], chance: random.Random) -> list[Kill]:
    """Alarms, and kills at random points; a third of them just after an alarm."""
    kills = []
    for number in range(KILLS):
        again = number % AT_ONCE_AGAIN == AT_ONCE_AGAIN - 1
        await asyncio.sleep(chance.uniform(0, 0.5) if again else chance.uniform(1.0, 3.0))
        for account in itertools.islice(accounts, 2 if number < 6 else 1):
            await town.alarm(account)
        await asyncio.sleep(chance.choice((0, 0.05, 0.1, 0.2, 0.4, 1.0)) * chance.random())
        kills.append(await chaos.kill_listener(town.station, town.station.agi_port))
    for account in accounts:
        await town.alarm(account)
    return kills


async def _judge(town: Town, kills: list[Kill], hold_ups: HoldUps) -> None:
    station = town.station
    incidents = await town.incidents()
    seen = await chaos.far_end(station)
    _tell(incidents, seen, kills)
    away = chaos.away_in(kills, hold_ups)
    lags = chaos.lags(incidents, seen, away)
    print(f"due → INVITE, less the time away: {chaos.figures(lags)}")
    gaps = chaos.gaps(incidents, seen, away)
    print(f"end of a call → next INVITE, less both and the pause: {chaos.figures(gaps)}")
    assert max(lags) <= INVITE_WITHIN
    assert max(gaps) <= INVITE_WITHIN
    twice = kills[AT_ONCE_AGAIN - 1 :: AT_ONCE_AGAIN]
    assert median(kill.away for kill in kills if kill not in twice) <= BACK_WITHIN
    held_up = hold_ups.parts()
    assert max(chaos.wait(held_up, k.at, k.back_at) for k in kills) <= LAST_BACK_WITHIN
    assert sum(any(call.alive(k.at) for call in seen) for k in kills) >= IN_A_CALL
    await _nothing_lost(town, incidents)
    resynchronised = chaos.resynchronised(station)
    _each_goes_on(seen, kills, resynchronised, held_up, at_least=IN_A_CALL)


def _tell(incidents: list[dict[str, Any]], seen: list[Seen], kills: list[Kill]) -> None:
    in_call = sum(any(call.alive(k.at) for call in seen) for k in kills)
    hit = [call for call in seen if any(call.talking(k.at) for k in kills)]
    print(
        f"{len(kills)} kills, {in_call} in a call; away: {chaos.figures([k.away for k in kills])}"
    )
    print(f"{len(seen)} INVITEs; in a dialogue when killed: {len(hit)}")
    print("their outcomes:", dict(Counter(call.row["outcome"] for call in hit)))
    print("all outcomes:", dict(Counter(c["outcome"] for i in incidents for c in i["calls"])))
    print("ends:", dict(Counter(i["resolution_code"] or "human" for i in incidents)))


async def _nothing_lost(town: Town, incidents: list[dict[str, Any]]) -> None:
    """Each acknowledged alarm is stored once and has one incident, which ended as it should."""
    assert Counter(i["account"] for i in incidents) == Counter(list(town.stories))
    for incident in incidents:
        assert [signal["text"] for signal in incident["signals"]] == [incident["account"]]
        assert chaos.is_over(incident)
        assert incident["resolution_code"] in (None, "false_alarm")


def _each_goes_on(
    seen: list[Seen],
    kills: list[Kill],
    heard_again: list[datetime],
    held_up: Parts,
    *,
    at_least: int,
) -> None:
    """A call that outlives the time in which nobody was there is adopted: its end is known. Such
    dialogues there must have been ``at_least`` so many."""
    resumed = 0
    deaf = [(kill.at, next(at for at in heard_again if at > kill.at)) for kill in kills]
    for call in (call for call in seen if call.row["step"] != Purpose.QUEUE):
        assert call.ended_at is not None
        hit = [kill for kill in kills if call.alive(kill.at)]
        if not hit or any(_unheard(call.ended_at, *times, held_up) for times in deaf):
            continue
        resumed += sum(call.talking(kill.at) for kill in hit)
        known = call.row["outcome"] not in ("unknown", "error")
        assert known, "\n".join(map(str, [call, *hit, *deaf]))
    print(f"dialogues that went on in the same call after a kill: {resumed}")
    assert resumed >= at_least


def _unheard(
    ended_at: datetime, killed_at: datetime, heard_again_at: datetime, held_up: Parts
) -> bool:
    """Whether a call may have ended with nobody there to store it: just before, or until after."""
    return chaos.wait(held_up, ended_at, killed_at) <= 0.5 and ended_at <= heard_again_at
