"""A carrier that looks whether a call still lives (RFC 4028) finds it alive, and it goes on."""

from __future__ import annotations

import pytest

from tests.support.rows import sites
from tests.support.stations.carrier_station import Gateway, RegisteredStation

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_call_goes_on_when_the_carrier_invites_again(
    station: RegisteredStation, gateway: Gateway
) -> None:
    account, number = sites.fresh("K"), sites.number(781)
    await station.site(account, number)
    await station.send(account, "BA", "3")
    await gateway.picks_up()
    await gateway.expect_prompt("greeting", station="Callflow")
    answer = await gateway.invites_again("Supported: timer", "Session-Expires: 90;refresher=uac")
    assert answer.startswith("SIP/2.0 200")
    assert "session-expires: 90;refresher=uac" in answer.lower()
    await gateway.types("2580#")
    await gateway.expect_prompt("code_ok")
    await gateway.types("1")
    await gateway.is_hung_up()
    (call,) = await station.ended(account, 1)
    assert call["outcome"] == "verified_ok"


@pytest.mark.deep
async def test_we_tell_the_carrier_in_time_that_a_call_lives(
    station: RegisteredStation, gateway: Gateway
) -> None:
    """It is told after half of the 90 s, which are the shortest that RFC 4028 §4 allows; somebody
    waits for a human meanwhile."""
    gateway.says_too = ("Supported: timer", "Session-Expires: 90;refresher=uas")
    await gateway.asks_for_an_operator()
    (waiting,) = gateway.calls
    gateway.asked.clear()
    await station.until(lambda: {"INVITE", "UPDATE"} & set(gateway.asked), within=70)
    assert waiting.talks
    await gateway.lets_go_of(waiting)
