"""The canary hears that the consoles' stream speaks, and not a word of it; nobody else does."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from callflow import clock
from callflow.core.watch.canary import ticket
from callflow.probes import canary
from tests.support.stations.web_station import WebProcess, WebStation

HERE = "/events/canary"


def shown(station: WebStation, ago: int = 0) -> dict[str, str]:
    return {"Authorization": f"Bearer {station.vault.seal(ticket(clock.now(), ago))}"}


async def test_the_canary_opens_the_page_and_hears_that_somebody_is_told_something(
    station: WebStation,
) -> None:
    station.site()
    web = WebProcess(station)
    await asyncio.to_thread(web.start)
    try:
        assert await canary.heard_in(station.settings, station.vault) is not None
        async with (
            httpx.AsyncClient(base_url=web.url, timeout=60) as client,
            client.stream("GET", HERE, headers=shown(station)) as stream,
        ):
            lines = stream.aiter_lines()
            station.alarm()
            heard = [await anext(lines) for _ in range(12)]
        events = [line for line in heard if line.startswith("event: ")]
        assert len(events) == 3
        assert set(events) == {"event: beat"}
        others = [line for line in heard if line and not line.startswith(("id: ", "event: "))]
        assert all(clock.from_iso(line.removeprefix("data: ")) for line in others)
    finally:
        await asyncio.to_thread(web.stop)
    assert await canary.heard_in(station.settings, station.vault) is None


@pytest.mark.parametrize("ago", [None, 3, -3])
async def test_nobody_hears_it_without_a_ticket_of_this_minute(
    station: WebStation, stranger: httpx.AsyncClient, ago: int | None
) -> None:
    headers = {} if ago is None else shown(station, ago)
    assert (await stranger.get(HERE, headers=headers)).status_code == 401


async def test_a_program_with_every_right_has_no_ticket(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"http://station{HERE}")).status_code == 401
