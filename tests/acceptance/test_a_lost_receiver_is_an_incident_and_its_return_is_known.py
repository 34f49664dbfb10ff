"""A hardware receiver that beat and falls silent calls for a human; no signal is lost meanwhile."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from callflow.simulated_receiver import SimulatedReceiver
from tests.support import outages
from tests.support.product import Product, free_base

HOST = "127.0.0.1"


async def test_a_lost_receiver_is_an_incident_and_its_return_is_known(tmp_path: Path) -> None:
    base = free_base()
    line = {"name": "mlr2", "protocol": "surgard", "listen": base + 12, "heartbeat": 1}
    environment = outages.environment({"CALLFLOW_LINES": json.dumps([line])})
    async with Product(tmp_path, environment, base=base) as product:

        async def receivers() -> list[dict[str, Any]]:
            return [row for row in await product.incidents() if row["kind"] == "receiver"]

        async def is_lost() -> bool:
            return bool(await receivers())

        async def is_back() -> bool:
            rows = (await product.api.get("/signals")).json()["items"]
            return any(row["code"] == "RECEIVER_BACK" for row in rows)

        async with SimulatedReceiver("surgard", HOST, base + 12) as receiver:
            assert await receiver.beat() == "ACK"
            await product.until(is_lost)
            (incident,) = await receivers()
            assert incident["with_human"] is True
            assert incident["signals"][0]["text"] == "mlr2/01"
            assert await receiver.send("1001", "BA", "3") == "ACK"
            beating = asyncio.create_task(receiver.keep_beating(0.5, lambda _: None))
            try:
                await product.until(is_back)
            finally:
                beating.cancel()
