"""A carrier that takes our registration no more: the station is told, calls go over the next trunk
first, each place that shows trunks says so, and its return is known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rows import sites
from tests.support.sip.kamailio import Kamailio
from tests.support.stations.carrier_station import Gateway, RegisteredStation

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.deep]


async def test_a_registration_that_is_refused(
    station: RegisteredStation, carrier: Kamailio, gateway: Gateway
) -> None:
    await carrier.begins_again(refuses=True)

    async def is_lost() -> bool:
        row = await station.trunk_row()
        return (row.get("registered"), row.get("state")) == (False, "unregistered")

    await station.until(is_lost, within=60)
    await station.until(lambda: _codes(station), within=30)
    assert await _codes(station) == ["TRUNK_UNLISTED"]
    assert all(alarm["with_human"] for alarm in await _alarms(station))
    assert (await station.api.get("/health")).json()["status"] == "degraded"

    account, number = sites.fresh("K"), sites.number(783)
    await station.site(account, number, behaviour="answer", after_s=0.2, keys="2580#w1")
    await station.send(account, "BA", "3")
    (call,) = await station.ended(account, 1)
    assert (call["trunk"], call["outcome"]) == ("network", "verified_ok")
    assert gateway.rung == 0

    await carrier.begins_again(refuses=False)
    await station.until(station.is_registered, within=60)

    async def is_told() -> bool:
        return await _codes(station) == ["TRUNK_UNLISTED", "TRUNK_BACK"]

    await station.until(is_told)


async def _alarms(station: RegisteredStation) -> list[dict[str, Any]]:
    return [row for row in await station.incidents() if row["kind"] == "trunk"]


async def _codes(station: RegisteredStation) -> list[str]:
    """Of this trunk: the other one of the same carrier is lost with it."""
    signals = [signal for row in await _alarms(station) for signal in row["signals"]]
    return [one["code"] for one in signals if one["text"].startswith("carrier@")]
