"""What packets are in the other files, a telephone of somebody else's make plays and hears: pjsua2
negotiates, has a jitter buffer, and types keys in its own way."""

from __future__ import annotations

import asyncio

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones.phone import Phones, RealPhone
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear]


async def test_one_is_called_and_cancels_a_false_alarm_while_another_calls_and_is_let_in(
    station: Station, phones: Phones
) -> None:
    shop, client = [await phones.real_at(sites.fresh_number()) for _ in range(2)]
    async with asyncio.TaskGroup() as at_once:
        at_once.create_task(_is_called_and_cancels_a_false_alarm(station, shop))
        at_once.create_task(_calls_the_station_and_is_let_in(station, client))


async def _is_called_and_cancels_a_false_alarm(station: Station, shop: RealPhone) -> None:
    account = sites.fresh("P")
    await sites.put(station, account, sites.site(account, sites.premises(account, shop.number)))
    await station.send(account, "BA", "3")
    await shop.picks_up()
    await shop.expect_prompt("greeting", station="Callflow")
    await shop.expect_prompt("ask_code", first_s=1.5)
    await shop.types("2580#")
    await shop.expect_prompt("code_ok")
    await shop.expect_prompt("situation", kind=Kind.INTRUSION)
    await shop.types("1")
    await shop.expect_prompt("key_false_alarm")
    await shop.is_hung_up()
    incident = await station.incident_after_calls(account)
    assert [call["outcome"] for call in incident["calls"]] == ["verified_ok"]
    assert len(await station.seen(shop.number)) == 1


async def _calls_the_station_and_is_let_in(station: Station, client: RealPhone) -> None:
    account = sites.fresh("M")
    contact = sites.contact(account, "Camille", client.number)
    await sites.put(station, account, sites.site(account, contact))
    await client.calls_the_station()
    await client.expect_prompt("welcome", station="Callflow")
    await client.expect_prompt("ask_code")
    await client.types("2580#")
    await client.expect_prompt("code_ok")
    client.hangs_up()
    await client.is_hung_up()
