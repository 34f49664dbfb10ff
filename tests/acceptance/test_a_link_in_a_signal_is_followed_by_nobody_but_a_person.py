"""D24: the machine handles an alarm to its end and never asks for the link that came with it."""

from __future__ import annotations

from pathlib import Path

from callflow.panel import PanelClient
from tests.support.canary import Canary
from tests.support.station import Station


async def test_the_machine_never_asks_for_a_link(tmp_path: Path) -> None:
    with Canary() as camera:
        links = [camera.link("/snapshot.jpg?zone=1"), camera.link("/clip.mp4")]
        async with Station(tmp_path) as station:
            body = {"account": "1001", "code": "BA", "zone": "1", "links": links}
            answer = await station.api.post("/signals", json=body)
            assert answer.status_code == 201

            async def handled() -> bool:
                return str((await station.incident("1001"))["state"]) != "open"

            await station.until(handled, within=50)
            incident = await station.incident("1001")
            assert incident["signals"][0]["links"] == links
            async with PanelClient("127.0.0.1", station.base + 9, "1005") as panel:
                await panel.send_data("#1005|Nri1/BA1", (f"V{links[0]}",))
            shown = (await station.incident("1005"))["signals"][0]
            assert shown["links"] == links[:1]
        assert (camera.connected, camera.asked) == (0, [])
