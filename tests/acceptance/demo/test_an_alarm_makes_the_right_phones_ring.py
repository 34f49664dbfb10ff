"""The demo's ten sites, each to its end, through the same code as any site; all at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callflow import clock
from callflow.demo import sites
from callflow.demo import station as demo_station
from callflow.settings.config import Settings
from tests.support.attacks import chaos
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: The one that is begun as a person begins it, by the command.
BY_COMMAND = "1001"


async def test_each_demo_site_ends_as_it_is_to_show(station: Station) -> None:
    others = [site for site in sites.SITES if site.account != BY_COMMAND]
    settings = Settings(data_dir=station.data_dir, port_base=station.base)
    begun = clock.now().isoformat()
    story = asyncio.create_task(_once(station, BY_COMMAND))
    for site in others:
        await demo_station.send_alarm(settings, site)
    found: dict[str, dict[str, Any]] = {}

    async def all_over() -> bool:
        incidents = await station.incidents(since=begun)
        found.update({incident["account"]: incident for incident in incidents})
        return all(_is_over(found.get(site.account)) for site in others)

    await station.until(all_over, within=demo_station.LONGEST_STORY)
    wrong = {
        site.account: list(demo_station.differences(site, found[site.account])) for site in others
    }
    assert wrong == {site.account: [] for site in others}
    assert await story == 0
    # The busy keyholder of 1002 was asked once, the silent premises twice, at the far end.
    assert len(await station.seen(sites.number("1002", 0))) == 2
    assert len(await station.seen(sites.number("1002", 1))) == 1
    assert len(await station.seen(sites.number("1007", 3))) == 1
    shown = (await station.api.get("/simulator/calls")).json()["items"]
    seen = (await station.seen())[: len(shown)]  # some more may ring by now
    assert [(call["to"], call["at"]) for call in shown] == [(c["to"], c["at"]) for c in seen]


async def test_phones_that_are_set_to_busy_make_the_demo_say_so(station: Station) -> None:
    for place in range(4):
        phone = f"/simulator/phones/{sites.number('1001', place)}"
        await station.put(phone, {"behaviour": "busy", "after_s": 0})
    assert await _once(station, "1001") == 1


async def _once(station: Station, account: str) -> int:
    """The exit status of ``callflow demo --once``."""
    process = await station._spawn("demo", "--once", account)
    return await process.wait()


def _is_over(incident: dict[str, Any] | None) -> bool:
    """Its plan has called whom it calls, and it is closed or a human's."""
    return incident is not None and bool(incident["calls"]) and chaos.is_over(incident)
