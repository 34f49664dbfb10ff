"""kill -9 of telephony in a panel's call: it goes on, and what was acknowledged is stored once."""

from __future__ import annotations

import asyncio

import pytest

from callflow.core.signals.contact_id import block_keys
from tests.support.attacks import chaos
from tests.support.outside.panel_phone import fresh_account, panel_at
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.rows.panel_rows import calls_of, signals_of
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Seconds from the last kiss-off's end to the kill: in the message (it lasts 1.6 s and begins after
#: 0.3 s), about its commit, in the kiss-off.
KILLS = (0.8, 1.85, 2.3)


async def test_each_acknowledged_message_is_stored_once(station: Station, phones: Phones) -> None:
    account = fresh_account()
    panel = await panel_at(phones, sites.number(79))
    await panel.calls()
    await panel.hears_handshake()
    kills: list[chaos.Kill] = []
    for zone, delay in enumerate(KILLS, start=1):
        keys = block_keys(account, "1302", str(zone), "1")
        delivered = asyncio.create_task(panel.delivers(keys))
        kills.append(await _killed_after(station, delay))
        assert await delivered > 0
    # The port is back before Asterisk is heard again: a hang-up in between is never known.
    await station.until(lambda: any(at > kills[-1].at for at in chaos.resynchronised(station)))
    await panel.hangs_up()

    found = [s["zone"] for s in await signals_of(station, account)]
    assert found == [f"{zone:03}" for zone in range(1, len(KILLS) + 1)]
    (call,) = await calls_of(station, panel.number)
    assert (call["outcome"], call["dialogue"]) == ("hung_up", "panel")


async def _killed_after(station: Station, seconds: float) -> chaos.Kill:
    await asyncio.sleep(seconds)  # the moment of the kill is what is tried
    return await chaos.kill_listener(station, station.agi_port)
