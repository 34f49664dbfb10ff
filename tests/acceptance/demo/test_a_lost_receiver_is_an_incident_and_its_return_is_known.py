"""A hardware receiver that beat and falls silent calls for a human; no signal is lost meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callflow.probes.receiver import ReceiverClient
from tests.acceptance.demo.conftest import Demo

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_lost_receiver_is_an_incident_and_its_return_is_known(station: Demo) -> None:
    async def receivers() -> list[dict[str, Any]]:
        return [row for row in await station.incidents() if row["kind"] == "receiver"]

    async def is_back() -> bool:
        rows = [signal for row in await receivers() for signal in row["signals"]]
        return any(row["code"] == "RECEIVER_BACK" for row in rows)

    async with ReceiverClient("surgard", "127.0.0.1", station.beating) as receiver:
        assert await receiver.beat() == "ACK"
        await station.until(receivers)
        (incident,) = await receivers()
        assert incident["with_human"] is True
        assert incident["signals"][0]["text"] == "mlr2/01"
        assert await receiver.send("9300", "BA", "3") == "ACK"
        beating = asyncio.create_task(receiver.keep_beating(0.5, lambda _: None))
        try:
            await station.until(is_back)
        finally:
            beating.cancel()
