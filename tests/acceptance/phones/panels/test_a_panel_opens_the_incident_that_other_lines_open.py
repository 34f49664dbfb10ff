"""An alarm by phone, in tones on a noisy line, is the same incident as the one over DC-09."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.signals.contact_id import block_keys
from callflow.probes.panel import PanelClient
from tests.support.outside.panel_phone import PATIENCE_S, Panel, fresh_account, panel_at
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.rows.panel_rows import calls_of, is_recorded, signals_of
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

EQUAL = ("kind", "category", "priority", "state", "with_human")


async def a_site(station: Station) -> str:
    """A site of nobody: its alarms wait for a human."""
    account = fresh_account()
    await sites.put(station, account, sites.site(account))
    return account


async def closed(station: Station, account: str) -> dict[str, Any]:
    """The incident as it was before it was closed."""
    incident = await station.incident(account)
    await station.api.post(f"/incidents/{incident['id']}/close", json={"code": "test", "text": "x"})
    return incident


@together
async def test_the_same_alarm_opens_the_same_incident(station: Station, phones: Phones) -> None:
    by_phone, by_net = await a_site(station), await a_site(station)
    panel = await panel_at(phones, sites.number(70))
    await panel.calls()
    await panel.hears_handshake()
    assert await panel.delivers(block_keys(by_phone, "1130", "3", "1")) > 0
    await panel.hangs_up()
    net = PanelClient("127.0.0.1", station.base + 9, by_net, format="ADM-CID")
    async with net:
        await net.send("1130", "3", partition="1")

    one, other = await closed(station, by_phone), await closed(station, by_net)
    assert {name: one[name] for name in EQUAL} == {name: other[name] for name in EQUAL}
    assert one["plan"]["id"] == other["plan"]["id"]
    told, over_net = (incident["signals"][0] for incident in (one, other))
    assert (told["code"], told["zone"]) == (over_net["code"], over_net["zone"])
    assert (told["format"], told["caller"]) == ("contact-id", panel.number)
    assert told["line"] == "phone"
    await _told_once(station, panel)


async def _told_once(station: Station, panel: Panel) -> None:
    """The call has its row and its recording."""
    (call,) = await calls_of(station, panel.number)
    assert (call["direction"], call["dialogue"], call["outcome"]) == (
        "incoming",
        "panel",
        "hung_up",
    )
    is_recorded(call, panel)
    assert panel.handshakes == panel.kiss_offs == 1


@together
async def test_several_messages_of_both_types_come_in_one_call(
    station: Station, phones: Phones
) -> None:
    account = await a_site(station)
    panel = await panel_at(phones, sites.number(71))
    await panel.calls()
    await panel.hears_handshake()
    messages = [("1130", "3"), ("3130", "3"), ("1401", "12"), ("1130", "3"), ("1602", "0")]
    for place, (code, zone) in enumerate(messages):
        kind = "98" if place % 2 else "18"
        keys = block_keys(account, code, zone, "1", message_type=kind)
        assert await panel.delivers(keys) > 0
    await panel.hangs_up()

    found = await signals_of(station, account)
    assert [(s["code"], s["zone"]) for s in found] == [
        ("1130", "003"),
        ("3130", "003"),
        ("1401", "012"),
        ("1130", "003"),
        ("1602", "000"),
    ]
    assert [s["raw"][5:7] for s in found] == ["18", "98", "18", "98", "18"]
    assert (panel.handshakes, panel.kiss_offs) == (1, 5)
    assert min(panel.waits) < PATIENCE_S  # a busy machine only adds to them
    await closed(station, account)
