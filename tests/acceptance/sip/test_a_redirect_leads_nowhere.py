"""A 302 to our INVITE is followed nowhere: neither to its host, nor over any trunk of ours.

Asterisk makes a dial string of a 302's Contact, so a name such as ``PJSIP/NUMBER@carrier`` once
called NUMBER, again and again, thousands of times a second. INVITEs are counted where they arrive:
at the carrier, at the host that the 302 names, and in the simulated network.
"""

from __future__ import annotations

import pytest

from tests.support import sites
from tests.support.hostile import PREMIUM, Carrier, CarrierStation
from tests.support.raw_sip import Answer, RawSip

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: {number}: one that costs; {there}: the redirect's host; {carrier}: the trunk's own far end.
CONTACTS = {
    "another host": "<sip:{number}@{there}>",
    "the carrier itself": "<sip:{number}@{carrier}>",
    "a channel of the trunk": "<sip:PJSIP%2F{number}%40carrier@{there}>",
    "a channel of the endpoint that calls": "<sip:PJSIP%2F{number}%40carrier%40out@{there}>",
    "its address as well": "<sip:PJSIP%2F{number}%40carrier%40out%2Fcarrier@{there}>",
    "a channel of the other trunk": "<sip:PJSIP%2F{number}%40network%40out%2Fnetwork@{there}>",
    "a channel unescaped": "<sip:PJSIP/{number}%40network@{there}>",
    "a menu of ours": "<sip:Local%2Fs%40callflow-outgoing@{there}>",
    "an extension of ours": "<sip:33639989999@{there}>",
    "a telephone number": "<tel:{number}>",
    "a secure address": "<sips:{number}@{there}>",
    "several": "<sip:{number}@{there}>;q=1,<sip:PJSIP%2F{number}%40network@{there}>;q=0.5",
}


@pytest.mark.parametrize("name", CONTACTS)
async def test_a_redirect_leads_nowhere(
    station: CarrierStation, carrier: Carrier, name: str
) -> None:
    account, phone = sites.fresh("R"), sites.number(700 + list(CONTACTS).index(name))
    async with RawSip(station.base + 60) as there:
        contact = CONTACTS[name].format(
            number=PREMIUM,
            there=f"127.0.0.1:{there.port}",
            carrier=f"127.0.0.1:{carrier.port}",
        )

        def moved(request: bytes) -> Answer:
            return "302 Moved Temporarily", f"Contact: {contact}"

        carrier.answers["INVITE"] = moved
        before = len(await station.seen())
        await station.site(account, phone, behaviour="answer", keys="2580#w1")
        await station.send(account, "BA", "3")
        (call,) = await station.ended(account, 1)
        assert (call["trunk"], call["outcome"]) == ("carrier", "unreachable")
        # The plan goes on: a human has it, and has not been rung for.
        await station.until(lambda: handed_over(station, account))

        assert [line.split(" ")[1].split("@")[0] for line in carrier.invites] == [
            f"sip:{phone[1:]}"
        ]
        assert there.requests == []
        assert len(await station.seen()) == before
        assert await station.premium_calls() == []
        health = (await station.api.get("/health")).json()
        assert health["live_calls"] == 0


async def handed_over(station: CarrierStation, account: str) -> bool:
    return bool((await station.incident(account))["with_human"])
