"""Two panels poll, one falls silent; receiver and engine are killed: only that one is silent."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from callflow.probes.panel import NoAnswerError, PanelClient
from tests.support.attacks import chaos
from tests.support.rows.sites import fresh, put, site
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

POLL_EVERY = 5.0  # seconds: silent after 12.5


@pytest.mark.timeout(240)
async def test_a_silent_panel_is_found_out_and_a_living_one_is_not(station: Station) -> None:
    living, silent = fresh("L"), fresh("S")
    for account in (living, silent):
        watched = {"account": account, "poll_every_s": POLL_EVERY}
        await put(station, account, site(account, accounts=[watched]))
    async with PanelClient("127.0.0.1", station.base + 9, silent) as panel:
        assert (await panel.poll()).kind == "ACK"
    polling = asyncio.create_task(_poll(station, living))
    try:
        await chaos.kill_listener(station, station.base + 9, within=30)
        await chaos.kill_role(station, "engine", within=30)
        await station.until(lambda: station.incidents(account=silent), within=90)
        await _is_heard_again(station, silent)
        assert await station.incidents(account=living) == []
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


async def _is_heard_again(station: Station, account: str) -> None:
    """The incident is of its own kind, in front of an operator; a poll restores it."""
    (incident,) = await station.incidents(account=account)
    assert (incident["kind"], incident["category"]) == ("missing_poll", "technical")
    assert [signal["code"] for signal in incident["signals"]] == ["MISSING_POLL"]
    async with PanelClient("127.0.0.1", station.base + 9, account) as panel:
        await panel.poll()

        async def restored() -> bool:
            (row,) = await station.incidents(account=account)
            return "restored" in [entry["kind"] for entry in row["logbook"]]

        await station.until(restored)


async def _poll(station: Station, account: str) -> None:
    """As a panel polls, sending again what was not answered."""
    async with PanelClient(
        "127.0.0.1", station.base + 9, account, attempts=10, answer_within=1.0
    ) as panel:
        while True:
            with contextlib.suppress(NoAnswerError):
                await panel.poll()
            await asyncio.sleep(POLL_EVERY / 2)
