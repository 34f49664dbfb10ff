"""Behind nginx an operator has pages, what happens as it happens, and a telephone: by any name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.proxied.conftest import NAMES, Proxied
from tests.acceptance.telephone.conversations import somebody_elses_alarm
from tests.support.stations.desk import desks_of

pytestmark = pytest.mark.asyncio(loop_scope="package")

HERTZ = 1130.0


async def test_an_operator_works_behind_a_proxy(station: Proxied, tmp_path: Path) -> None:
    """Logged in by the second name, registered over its ``/ws``, shown an alarm as it comes."""
    name = NAMES[1]
    async with desks_of(station, tmp_path) as desks:
        desk = await desks.of("maud", HERTZ, url=station.proxy.url(name))
        server = await desk.page.evaluate(
            "async () => (await (await fetch('/telephone/softphone')).json()).server"
        )
        assert server == f"wss://{name}:{station.proxy.port}/ws"
        alarm = await somebody_elses_alarm(station)
        await desk.page.locator(f"#i-{alarm}").wait_for(timeout=20_000)
        await desk.is_connected()
