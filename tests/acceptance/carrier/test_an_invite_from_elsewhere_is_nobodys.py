"""A station that is registered takes calls of its carrier's addresses: whoever knows the account,
its number and the registered address reaches nothing, and is counted."""

from __future__ import annotations

import pytest

from tests.support.sip.kamailio import REALM, USERNAME, Kamailio
from tests.support.sip.raw_sip import RawSip, sdp
from tests.support.stations.carrier_station import RegisteredStation

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_who_knows_all_but_is_elsewhere_is_refused(
    station: RegisteredStation, carrier: Kamailio
) -> None:
    here, there = f"127.0.0.1:{station.base + 60}", f"127.0.0.1:{carrier.port}"
    senders = (
        f"<sip:{USERNAME}@{REALM}>",
        f"<sip:{USERNAME}@{there}>",
        f"<sip:carrier@{here}>",
        f"<sip:carrier%40out@{here}>",
    )
    hints = (
        "",
        f"Via: SIP/2.0/UDP {there};branch=z9hG4bKforged",
        f"Record-Route: <sip:{there};lr>",
        f"P-Asserted-Identity: <sip:{USERNAME}@{REALM}>",
        f"Route: <sip:{there};lr>",
    )
    before, dialogues = await station.refused(), await station.dialogues()
    tried = 0
    async with RawSip(station.base + 60) as stranger:
        for uri in (f"sip:{USERNAME}@{here}", f"sip:{USERNAME}@{REALM}"):
            for sender in senders:
                for more in hints:
                    to, body = f"<sip:{USERNAME}@{REALM}>", sdp(stranger.port)
                    sent = stranger.request(
                        "INVITE", uri, sender=sender, to=to, more=more, body=body
                    )
                    await station.until(lambda: stranger.statuses(sent), within=10)  # noqa: B023
                    assert {status // 100 for status in stranger.statuses(sent)} == {4}
                    tried += 1

    async def counted() -> bool:
        return (await station.refused())["unknown"] == before["unknown"] + tried

    await station.until(counted, within=10)
    assert await station.dialogues() == dialogues
