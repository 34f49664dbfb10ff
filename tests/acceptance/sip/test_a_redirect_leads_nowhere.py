"""A 302 to our INVITE is followed nowhere: neither to its host, nor over any trunk of ours.

Asterisk makes a dial string of a 302's Contact, so a name such as ``PJSIP/NUMBER@carrier`` once
called NUMBER, again and again, thousands of times a second. INVITEs are counted where they arrive:
at the carrier, at the host that the 302 names, and in the simulated network.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.support.attacks.hostile import PREMIUM, CarrierStation
from tests.support.rows import sites
from tests.support.sip.raw_sip import Answer, RawSip, first_line

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


@dataclass
class Redirected:
    """``calls``: the station's, by the case; ``invites``: the numbers that the carrier saw asked
    for; ``there``: what came to the hosts that the redirects name, by the case; ``before``: how
    many calls the network had seen."""

    calls: dict[str, list[dict[str, Any]]]
    invites: list[str]
    there: dict[str, list[bytes]]
    before: int


def _phone(name: str) -> str:
    return sites.number(700 + list(CONTACTS).index(name))


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def redirected(running: CarrierStation) -> AsyncIterator[Redirected]:
    """Every call is redirected; the plan of each goes on, and nothing else was called anywhere."""
    station, carrier = running, running.carrier
    before, accounts = len(await station.seen()), {name: sites.fresh("R") for name in CONTACTS}
    async with contextlib.AsyncExitStack() as stack:
        elsewhere = {
            name: await stack.enter_async_context(RawSip(station.base + 60)) for name in CONTACTS
        }

        def moved(request: bytes) -> Answer:
            asked = first_line(request)
            name = next(name for name in CONTACTS if f"sip:{_phone(name)[1:]}@" in asked)
            contact = CONTACTS[name].format(
                number=PREMIUM,
                there=f"127.0.0.1:{elsewhere[name].port}",
                carrier=f"127.0.0.1:{carrier.port}",
            )
            return "302 Moved Temporarily", f"Contact: {contact}"

        carrier.forget()
        carrier.answers["INVITE"] = moved
        for name, account in accounts.items():
            await station.site(account, _phone(name), behaviour="answer", keys="2580#w1")
        for account in accounts.values():
            await station.send(account, "BA", "3")
        calls = {name: await station.ended(account, 1) for name, account in accounts.items()}
        # The plans go on: a human has each, and has not been rung for.
        for account in accounts.values():
            await station.until(lambda: handed_over(station, account))  # noqa: B023
        invites = [line.split(" ")[1].split("@")[0] for line in carrier.invites]
        there = {name: raw.requests for name, raw in elsewhere.items()}
        yield Redirected(calls, invites, there, before)
        carrier.answers.clear()


@pytest.mark.parametrize("name", CONTACTS)
async def test_a_redirect_leads_nowhere(redirected: Redirected, name: str) -> None:
    (call,) = redirected.calls[name]
    assert (call["trunk"], call["outcome"]) == ("carrier", "unreachable")
    assert redirected.invites.count(f"sip:{_phone(name)[1:]}") == 1
    assert redirected.there[name] == []


async def test_nobody_else_was_called(station: CarrierStation, redirected: Redirected) -> None:
    assert sorted(redirected.invites) == sorted(f"sip:{_phone(name)[1:]}" for name in CONTACTS)
    assert len(await station.seen()) == redirected.before
    assert await station.premium_calls() == []
    assert (await station.api.get("/health")).json()["live_calls"] == 0


async def handed_over(station: CarrierStation, account: str) -> bool:
    return bool((await station.incident(account))["with_human"])
