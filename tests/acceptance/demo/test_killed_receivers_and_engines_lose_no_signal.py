"""kill -9 of the receiver and of the engine at random points, while panels send without pause.

A fast run has one kill of each, and fewer panels.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from callflow.probes.panel import NoAnswerError, PanelClient
from tests.support.attacks import chaos
from tests.support.attacks.chaos import BUSY, STORIES, Kill, Town
from tests.support.stations.station import Station
from tests.support.suite.hold_ups import HoldUps

pytestmark = pytest.mark.asyncio(loop_scope="package")

PANELS, SITES, KILLS = 8, 12, 10  # KILLS of each, two sites a kill as long as there are some
#: Seconds between a panel's acknowledgement and its next signal: a deep run's, a fast one's.
PAUSES = 0.01, 0.05
INVITE_WITHIN = 5.0  # seconds, less the time without an engine


@pytest.mark.timeout(240)
async def test_killed_receivers_and_engines_lose_no_signal(
    station: Station, hold_ups: HoldUps, deep_run: bool
) -> None:
    panels, sites, kills = (PANELS, SITES, KILLS) if deep_run else (4, 2, 1)
    chance = chaos.dice("receiver and engine")
    town = Town(station, letter="R")
    await town.open()
    talkative = [await town.site("talks", (BUSY, BUSY, BUSY)) for _ in range(panels)]
    stories = itertools.islice(itertools.cycle(STORIES), sites)
    quiet = [await town.site(story) for story in stories]
    acknowledged: list[str] = []
    pause = PAUSES[0] if deep_run else PAUSES[1]
    sending = [asyncio.create_task(_panel(town, a, acknowledged, pause)) for a in talkative]
    try:
        engines = await _storm(town, iter(quiet), chance, kills)
    finally:
        for panel in sending:
            panel.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
    await station.until(town.all_over, within=90)
    await chaos.no_channel_left(station, within=120)
    assert len(acknowledged) > kills * panels
    await _stored_once(town, acknowledged)
    await _each_on_time(town, engines, hold_ups)
    await chaos.verified(station)


async def _panel(town: Town, account: str, acknowledged: list[str], pause: float) -> None:
    """Events one after the other, each sent again until it is acknowledged."""
    port = town.station.base + 9
    async with PanelClient("127.0.0.1", port, account, attempts=50, answer_within=1.0) as panel:
        for number in itertools.count():
            text = f"{account} {number}"
            with contextlib.suppress(NoAnswerError):
                if (await panel.send("BA", "1", text)).kind == "ACK":
                    acknowledged.append(text)
            await asyncio.sleep(pause)


async def _storm(town: Town, quiet: Iterator[str], chance: random.Random, kills: int) -> list[Kill]:
    """The kills of the engine."""
    station, engines, receivers = town.station, [], []
    for _ in range(kills):
        for account in itertools.islice(quiet, 2):
            await town.alarm(account)
        await asyncio.sleep(chance.uniform(0, 0.8))
        receivers.append(await chaos.kill_listener(station, station.base + 9))
        await asyncio.sleep(chance.uniform(0, 0.8))
        engines.append(await chaos.kill_role(station, "engine"))
    print(f"receiver away: {chaos.figures([k.away for k in receivers])}")
    print(f"engine away: {chaos.figures([k.away for k in engines])}")
    return engines


async def _stored_once(town: Town, acknowledged: list[str]) -> None:
    """Every acknowledged text, once; and one incident for each site."""
    every = (await town.station.texts_stored()).items()
    stored = Counter({text: n for text, n in every if text.partition(" ")[0] in town.stories})
    print(f"{len(acknowledged)} acknowledged, {sum(stored.values())} stored")
    assert [text for text in acknowledged if stored[text] != 1] == []
    assert [text for text, times in stored.items() if times > 1] == []
    incidents = await town.incidents()
    assert Counter(i["account"] for i in incidents) == Counter(list(town.stories))


async def _each_on_time(town: Town, engines: list[Kill], hold_ups: HoldUps) -> None:
    """From a panel's message to its site's phone, less the time without an engine."""
    incidents = await town.incidents()
    seen = await chaos.far_end(town.station)
    away = chaos.away_in(engines, hold_ups)
    waits = []
    for incident in incidents:
        first = min(incident["signals"], key=lambda signal: str(signal["received_at"]))
        number = town.number(incident["account"], 0)
        at = next(call.at for call in seen if call.to == number)
        waits.append(chaos.wait(away, first["received_at"], at))
    print(f"signal → INVITE, less the time away: {chaos.figures(waits)}")
    assert max(waits) <= INVITE_WITHIN
    assert max(chaos.gaps(incidents, seen, away)) <= INVITE_WITHIN
