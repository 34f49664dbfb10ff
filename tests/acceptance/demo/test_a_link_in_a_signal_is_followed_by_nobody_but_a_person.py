"""D24: the machine handles an alarm to its end and never asks for the link that came with it."""

from __future__ import annotations

import pytest

from callflow.probes.panel import PanelClient
from tests.support.rows import sites
from tests.support.stations.canary import Canary
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

PHONE = sites.number(470)


async def test_the_machine_never_asks_for_a_link(station: Station) -> None:
    answers, told = sites.fresh("L"), sites.fresh("L")
    await sites.put(station, answers, sites.site(answers, sites.premises(answers, PHONE)))
    await station.phone(PHONE, "answer", after_s=0, keys="2580#www1")
    await sites.put(station, told, sites.site(told))
    with Canary() as camera:
        links = [camera.link("/snapshot.jpg?zone=1"), camera.link("/clip.mp4")]
        body = {"account": answers, "code": "BA", "zone": "3", "links": links}
        answer = await station.api.post("/signals", json=body)
        assert answer.status_code == 201

        async def handled() -> bool:
            return str((await station.incident(answers))["state"]) != "open"

        await station.until(handled, within=60)
        incident = await station.incident(answers)
        assert incident["signals"][0]["links"] == links
        async with PanelClient("127.0.0.1", station.base + 9, told) as panel:
            await panel.send_data(f"#{told}|Nri1/BA1", (f"V{links[0]}",))
        shown = (await station.incident(told))["signals"][0]
        assert shown["links"] == links[:1]

        async def a_human_has_it() -> bool:
            return bool((await station.incident(told))["with_human"])

        await station.until(a_human_has_it)
        assert (camera.connected, camera.asked) == (0, [])
