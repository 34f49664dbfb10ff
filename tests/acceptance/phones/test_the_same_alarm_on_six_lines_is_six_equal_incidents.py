"""One alarm, as each of six lines brings it: on six sites it opens six equal incidents."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callflow.core.signals.contact_id import block_keys
from callflow.probes.panel import PanelClient
from callflow.probes.receiver import ReceiverClient
from tests.support.outside.panel_phone import fresh_account, panel_at
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

HOST = "127.0.0.1"


async def a_site(station: Station) -> str:
    """A site that nobody is called for."""
    account = fresh_account()
    await sites.put(station, account, sites.site(account))
    return account


async def over_tcp(station: Station, account: str) -> None:
    async with PanelClient(HOST, station.base + 9, account) as panel:
        assert (await panel.send("BA", "3")).kind == "ACK"


async def over_udp(station: Station, account: str) -> None:
    client = PanelClient(HOST, station.base + 9, account, transport="udp", format="ADM-CID")
    async with client as panel:
        assert (await panel.send("1130", "3")).kind == "ACK"


async def by_sur_gard(station: Station, account: str) -> None:
    async with ReceiverClient("surgard", HOST, station.base + 10) as receiver:
        assert await receiver.send(account, "1130", "3") == "ACK"


async def by_dc07(station: Station, account: str) -> None:
    async with ReceiverClient("dc07", HOST, station.base + 11) as receiver:
        assert await receiver.send(account, "BA", "3") == "ACK"


async def by_webhook(station: Station, account: str) -> None:
    await station.alarm(account, "BA", "3")


@together
async def test_six_lines_open_six_equal_incidents(station: Station, phones: Phones) -> None:
    found = []
    panel = await panel_at(phones, sites.number(710))
    by_phone = await a_site(station)
    await panel.calls()
    await panel.hears_handshake()
    assert await panel.delivers(block_keys(by_phone, "1130", "3", "1")) > 0
    await panel.hangs_up()
    found.append(await station.incident(by_phone))
    for send in (over_tcp, over_udp, by_sur_gard, by_dc07, by_webhook):
        account = await a_site(station)
        await send(station, account)
        found.append(await station.incident(account))

    assert [told(incident) for incident in found] == [told(found[0])] * 6
    assert told(found[0]) == ("intrusion", {"3": "alarm"}, "security", 2, "intrusion")
    lines = [incident["signals"][0]["line"].partition("/")[0] for incident in found]
    assert lines == ["phone", "dc09-tcp", "dc09-udp", "surgard", "dc07", "webhook"]
    await asyncio.gather(*(close(station, incident) for incident in found))


def told(incident: dict[str, Any]) -> tuple[Any, ...]:
    """Kind, zone, category, priority and plan."""
    names = ("kind", "zones", "category", "priority")
    return (*(incident[name] for name in names), incident["plan"]["id"])


async def close(station: Station, incident: dict[str, Any]) -> None:
    await station.api.post(f"/incidents/{incident['id']}/close", json={"code": "test", "text": "x"})
