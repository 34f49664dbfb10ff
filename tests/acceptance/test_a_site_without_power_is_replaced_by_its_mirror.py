"""A site loses its power under alarms and calls: its mirror is promoted; it comes back as one."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from callflow import clock
from callflow.core.station.mirroring import SILENT, sentence
from callflow.probes.panel import NoAnswerError, PanelClient
from ivr.asterisk import network_log
from ivr.asterisk.instance import Instance, Kind
from tests.support.attacks import chaos
from tests.support.attacks.chaos import ANSWERS, RINGS, Town
from tests.support.stations.two_sites import Site, TwoSites
from tests.support.suite.hold_ups import HoldUps

#: Ten take half an hour, longer than a run lets any test: ``-o faulthandler_timeout=3000`` with it.
ROUNDS = int(os.environ.get("MIRROR_ROUNDS", "1"))
#: Seconds from the promotion to the first call, less those in which the machine let nobody work.
FIRST_CALL = 60.0
#: Signals a second of all panels together; calls that ring when the power goes; those that were
#: heard to their end before.
RATE, PANELS, RINGING, DONE = 25, 10, 20, 6
#: Accounts and numbers of each round's sites.
LETTERS = "KLMNOPQRST"


class Sending:
    """Panels that send without a pause, each event until it is acknowledged by whichever site, and
    under the number that it had first: what was stored and not acknowledged is stored once."""

    def __init__(self, both: TwoSites) -> None:
        self._both = both
        self.acknowledged: dict[str, datetime] = {}

    async def run(self, account: int) -> None:
        due = clock.monotonic()
        for number in itertools.count():
            text = f"{account} {number}"
            await self._both.first.until(
                partial(self._sent, str(account), text, number), within=600
            )
            self.acknowledged[text] = clock.now()
            due = max(due + PANELS / RATE, clock.monotonic())
            await asyncio.sleep(due - clock.monotonic())

    def rate(self, since: datetime, until: datetime) -> float:
        """Acknowledged a second between two instants."""
        count = sum(since <= at < until for at in self.acknowledged.values())
        return count / (until - since).total_seconds()

    async def _sent(self, account: str, text: str, number: int) -> bool:
        for site in (self._both.first, self._both.second):
            with contextlib.suppress(NoAnswerError, OSError):
                async with PanelClient(
                    *("127.0.0.1", site.base + 9, account),
                    attempts=1,
                    answer_within=2.0,
                    sequence=number % 9999 + 1,
                ) as panel:
                    if (await panel.send("BA", "1", text)).kind == "ACK":
                        return True
        return False


def rung(site: Site) -> list[network_log.SeenCall]:
    """Every INVITE at a site's own network."""
    return network_log.calls_seen(Instance(kind=Kind.SIMULATOR, data_dir=site.data_dir))


@pytest.mark.deep
@pytest.mark.timeout(300 + 240 * ROUNDS)
async def test_a_site_without_power_is_replaced_by_its_mirror(
    tmp_path: Path, hold_ups: HoldUps
) -> None:
    async with TwoSites(tmp_path) as both:
        acting, mirror = both.first, both.second
        sending = Sending(both)
        panels = [asyncio.create_task(sending.run(9300 + n)) for n in range(PANELS)]
        for turn in range(ROUNDS):
            await _round(both, acting, mirror, LETTERS[turn], sending, hold_ups)
            acting, mirror = mirror, acting
        await _handed_over(both, acting, mirror)
        acting, mirror = mirror, acting
        for panel in panels:
            panel.cancel()
        await asyncio.gather(*panels, return_exceptions=True)
        stored = await acting.texts_stored()
        wrong = {text: stored[text] for text in sending.acknowledged if stored[text] != 1}
        print(f"{len(sending.acknowledged)} acknowledged, {len(wrong)} not stored once")
        assert wrong == {}
        assert (await (await acting._spawn("logbook", "verify")).wait()) == 0


async def _round(
    both: TwoSites, acting: Site, mirror: Site, letter: str, sending: Sending, hold_ups: HoldUps
) -> None:
    begun_at = clock.now()
    town = Town(acting, letter=letter)
    await town.open(ring_s=60)
    # Some are heard to their end before, some ring while the power goes.
    done = [await town.site("right code", (ANSWERS, RINGS, RINGS)) for _ in range(DONE)]
    ringing = [await town.site("nobody there", (RINGS, RINGS, RINGS)) for _ in range(RINGING)]
    for account in done:
        await town.alarm(account)
    await acting.until(lambda: town.all_over(done), within=120)
    for account in ringing:
        await town.alarm(account)
    numbers = {town.number(account, 0) for account in ringing}
    await acting.until(lambda: numbers <= _up(acting), within=60)
    rate = sending.rate(begun_at, clock.now())
    await acting.power_off()
    off_at = clock.now()
    await both.silent(mirror, SILENT.total_seconds())
    await mirror.cli("promote", "--other-is-off", sentence(acting.name))
    promoted_at = clock.now()
    await mirror.meet()
    await mirror.until(lambda: _since(mirror, promoted_at), within=600)
    first = min(call.at for call in _since(mirror, promoted_at))
    print(f"{rate:.1f} signals a second before, {len(numbers)} calls up")
    print(f"first call from {mirror.name} {(first - promoted_at).total_seconds():.1f} s after")
    assert chaos.wait(hold_ups.parts(), promoted_at, first) <= FIRST_CALL
    # The site comes back, and stands by.
    await acting.begin()
    await both.in_step(mirror)
    assert acting.status["standing"] == "standing_by"
    _nobody_rung_by_both(acting, mirror, off_at, {town.number(account, 0) for account in done})


async def _handed_over(both: TwoSites, acting: Site, mirror: Site) -> None:
    """By agreement: nobody's word is needed, and the old one follows at once."""
    refused = await mirror.cli("promote", "--other-is-off", sentence(acting.name), codes=(1,))
    assert refused == ""  # while the other lives, whatever is typed
    assert mirror.status["standing"] == "standing_by"
    await acting.leave()
    await acting.cli("demote")
    await mirror.meet()
    await both.in_step(mirror)
    assert acting.status["standing"] == "standing_by"


def _up(site: Site) -> set[str]:
    """Numbers of the calls that a site's own network has now."""
    return {call.to for call in rung(site) if call.ended_at is None}


def _since(site: Site, at: datetime) -> list[network_log.SeenCall]:
    return [call for call in rung(site) if call.at >= at]


def _nobody_rung_by_both(old: Site, new: Site, off_at: datetime, reached: set[str]) -> None:
    """The old site calls nobody once it is off, and the new one nobody whom the old one reached."""
    assert not _since(old, off_at), [call.to for call in _since(old, off_at)]
    again = reached & {call.to for call in _since(new, off_at)}
    assert not again, again
