"""A carrier whose keys are no events (RFC 4733) but SIP INFO, or tones in the sound; and one whose
domain leads nowhere by itself: it is spoken to through its proxy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callflow.core.calls.call import Outcome
from callflow.texts.station.trunks import TESTS
from tests.acceptance.carrier.conftest import Ends
from tests.support.rows import sites
from tests.support.sip.kamailio import PROXY_HOST, THIRD, Kamailio
from tests.support.stations.carrier_station import DOMAIN, Gateway, RegisteredStation

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.deep]


@pytest_asyncio.fixture(loop_scope="package")
async def other_keys(
    ends: Ends, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Gateway]:
    """Everybody behind a carrier that knows no events."""
    at = f"{ends.carrier.host}:{ends.carrier.port}"
    how = {"registrar": at, "port": ends.gateway_port, "keys": request.param}
    phone = Gateway(ends.station, "33639981234", tmp_path, **how)
    await phone.start()
    yield phone
    await phone.stop()
    await ends.station.until(ends.station.is_quiet)


@pytest.mark.parametrize(
    ("other_keys", "place"), [("info", 786), ("inband", 787)], indirect=["other_keys"]
)
async def test_keys_go_both_ways_without_events(
    station: RegisteredStation, other_keys: Gateway, place: int
) -> None:
    gateway, number = other_keys, sites.number(place)
    await station.site(sites.fresh("K"), number)
    call = await station.tries(gateway.keys, number)
    await gateway.picks_up()
    assert "telephone-event" not in gateway.call.invite
    await gateway.expect_prompt("greeting", station="Callflow")
    what, _ = TESTS["trunk_test"][0]
    await gateway.expect_prompt("site", site=what, written="")
    await station.presses(call, "42")
    await station.until(lambda: gateway.keys_heard == "42", 60)
    await gateway.types("1")
    await gateway.is_hung_up()
    tried = await station.tried(call)
    assert (tried.trunk, tried.outcome) == (gateway.keys, Outcome.ACKNOWLEDGED)


async def test_a_proxy_is_spoken_to_though_the_domain_leads_elsewhere(
    station: RegisteredStation, carrier: Kamailio, gateway: Gateway
) -> None:
    await station.until(lambda: station.is_registered("proxied"), 60)
    assert f"registers {THIRD} for 300 over udp" in carrier.log
    number = sites.number(788)
    await station.site(sites.fresh("K"), number)
    await station.tries("proxied", number)
    await gateway.picks_up()
    await gateway.expect_prompt("greeting", station="Callflow")
    gateway.hangs_up()
    await gateway.is_hung_up()
    called = f"outward to={number.lstrip('+')} from={THIRD} asserted=<null> over udp"
    assert f"{called} for {DOMAIN} at {PROXY_HOST}" in carrier.log

    await gateway.calls_the_station(THIRD)
    await gateway.expect_prompt("welcome", first_s=2.0, station="Callflow")
    gateway.hangs_up()
    await gateway.is_hung_up()
