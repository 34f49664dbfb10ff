"""``callflow doctor`` beside a station that runs: exit 0 until something is not well."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.support.stations.closed import open_to_others
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def doctor(station: Station) -> tuple[int | None, dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        *station._command("doctor", "--json"),
        env=station.environment,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return process.returncode, json.loads(output)


async def test_the_doctor_finds_what_is_wrong_and_nothing_else(station: Station) -> None:
    status, told = await doctor(station)
    assert status == 0, told["checks"]
    assert open_to_others(station.data_dir) == []
    lines = {line["name"]: line for line in told["lines"]["lines"]}
    assert {"dc09-tcp", "dc09-udp", "surgard", "dc07", "phone", "webhook"} <= set(lines)
    # A panel that encrypts, and whose account nobody declared.
    panel = await asyncio.create_subprocess_exec(
        *station._command("signal", "send", "7777", "BA", "1", "--key", "00" * 16),
        env=station.environment,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await panel.wait() != 0

    async def seen() -> bool:
        page = (await station.api.get("/lines")).json()
        return [s["account"] for s in page["unknown_accounts"] if s["key_missing"]] == ["7777"]

    await station.until(seen)
    status, told = await doctor(station)
    assert status == 1
    well = ("ok", "unknown")  # nobody is asked about a demo's clock, nor backs it up
    ill = {check["part"]: check for check in told["checks"] if check["verdict"] not in well}
    assert set(ill) == {"strangers"}
    assert "7777" in ill["strangers"]["details"][0]
    assert "key missing" in ill["strangers"]["details"][0]
