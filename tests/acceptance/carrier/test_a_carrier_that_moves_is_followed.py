"""A carrier whose name leads elsewhere (SRV): we register there, call there, and are called from
there; nobody changed a setting."""

from __future__ import annotations

import pytest

from tests.acceptance.carrier.conftest import Ends
from tests.support.rows import sites
from tests.support.sip.kamailio import Kamailio
from tests.support.sip.raw_sip import RawSip
from tests.support.stations.carrier_station import Gateway

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.deep]


async def test_calls_go_to_where_its_name_leads_now(ends: Ends, gateway: Gateway) -> None:
    station, before = ends.station, ends.carrier
    await station.until(station.is_registered)
    async with Kamailio(folder=ends.folder, gateway=ends.gateway_port, granted=20) as moved:
        station.found_at(moved)
        await before.stop()
        await station.until(lambda: "registers" in moved.log, within=60)
        await station.until(station.is_registered, within=60)
        gateway.registrar = f"{moved.host}:{moved.port}"
        account, number = sites.fresh("K"), sites.number(784)
        await station.site(account, number)
        await station.send(account, "BA", "3")
        await gateway.picks_up()
        await gateway.expect_prompt("greeting", station="Callflow")
        gateway.hangs_up()
        await gateway.is_hung_up()

        async def lets_it_in() -> bool:
            """Telephony looks every 20 s."""
            await gateway.calls_the_station()
            return not gateway.call.over

        await station.until(lets_it_in, within=60)
        await gateway.expect_prompt("welcome", first_s=2.0, station="Callflow")
        gateway.hangs_up()
        await gateway.is_hung_up()
        async with RawSip(station.base + 60) as stranger:
            uri = f"sip:{station.number}@127.0.0.1:{station.base + 60}"
            sent = stranger.request("INVITE", uri)
            await station.until(lambda: stranger.statuses(sent), within=10)
            assert {status // 100 for status in stranger.statuses(sent)} == {4}
        station.found_at(before)
    await before.start()
    await station.until(station.is_registered, within=60)
