"""A client calls, types the code and puts a zone on test: heard at the phone, seen by operators."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.rows.panel_rows import signals_of
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

MAY = {"*": ["cancel", "set_on_test"]}


async def running(station: Station, account: str) -> list[dict[str, Any]]:
    """Those that run, as an operator is told."""
    answer = await station.api.get(f"/sites/{account}/on-test")
    return [test for test in answer.json()["items"] if test["ended_at"] is None]


@together
async def test_a_client_puts_a_zone_on_test_and_ends_it(station: Station, phones: Phones) -> None:
    account = sites.fresh("M")
    client = await phones.at(sites.number(61))
    contact = sites.contact(account, "Camille", client.number, authorities=MAY)
    await sites.put(station, account, sites.site(account, contact))

    await client.calls_the_station()
    await client.expect_prompt("welcome", station="Callflow")
    await client.expect_prompt("ask_code")
    await client.types("2580#")
    await client.expect_prompt("code_ok")
    await client.types("4")  # barges in
    await client.expect_prompt("test_which")
    await client.types("2")
    await client.expect_prompt("ask_zone")
    await client.types("3#")
    await client.expect_prompt("ask_hours")
    await client.types("2")

    async def on_test() -> bool:
        return bool(await running(station, account))

    await station.until(on_test)
    (test,) = await running(station, account)
    assert (test["zones"], test["set_by"]) == (["3"], "Camille")
    until = datetime.fromisoformat(test["ends_at"]).astimezone(ZoneInfo("Europe/Paris"))
    await client.expect_prompt("test_zone_set", zone="3", at=until)

    await station.send(account, "BA", "3")  # tripped on purpose: nobody is called

    async def treated() -> bool:  # acknowledged is stored; what is told is what the engine took
        signals = await signals_of(station, account)
        return bool(signals) and all(signal["treatment"] for signal in signals)

    await station.until(treated)
    await client.types("3")
    await client.expect_prompt("state_test", at=until)
    await client.expect_prompt("state_events")
    await client.types("4")
    await client.expect_prompt("test_ended", within=40)
    assert client.rung == 0
    assert await running(station, account) == []
    client.hangs_up()
    await client.rings()  # the zone was not restored: it is live now (D17)
    assert client.calls[0].over
    client.declines()
