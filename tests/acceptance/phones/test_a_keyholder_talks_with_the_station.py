"""Whoever is called hears who calls, proves who they are, then hears what happened (D12, D13)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones.phone import Phone, Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

SITE: dict[str, Any] = {"site": "Fromagerie du Vallon", "written": "fr"}
ZONE: dict[str, Any] = {"zone": "3", "name": "Chambre froide", "written": "fr"}
STREET: dict[str, Any] = {"address": "9 rue des Carmes, 35000 Rennes", "written": "fr"}


@together
async def test_the_premises_cancel_a_false_alarm(station: Station, phones: Phones) -> None:
    account = sites.fresh("P")
    shop = await phones.at(sites.number(1))
    await sites.put(station, account, sites.site(account, sites.premises(account, shop.number)))
    await station.send(account, "BA", "3", "Détecteur")

    await shop.picks_up()
    await shop.expect_prompt("greeting", station="Callflow")
    word = await shop.expect_prompt("recognition", word="coquelicot")
    await shop.expect_prompt("ask_code", first_s=1.5)
    await shop.types("2580#")  # the question isn't over yet
    ok = await shop.expect_prompt("code_ok")
    situation = await shop.expect_prompt("situation", kind=Kind.INTRUSION)
    await shop.expect_prompt("site", **SITE)
    await shop.expect_prompt("address", **STREET)
    await shop.expect_prompt("zone_named", **ZONE)
    await shop.expect_prompt("offer_false_alarm")
    await shop.types("1")
    await shop.expect_prompt("key_false_alarm")
    await shop.expect_prompt("goodbye")
    await shop.is_hung_up()

    assert len(await shop.heard_prompt("ask_code")) == 1  # to its end, or broken off by the code
    assert word.end < shop.call.typed[0][1] < ok.at < situation.at
    await said_only_after_the_code(shop)
    incident = await station.incident_after_calls(account)
    assert [call["outcome"] for call in incident["calls"]] == ["verified_ok"]
    assert incident["resolution_code"] == "false_alarm"


@together
async def test_a_french_and_an_english_keyholder_are_each_spoken_to_in_their_language(
    station: Station, phones: Phones
) -> None:
    first, second = sites.fresh("P"), sites.fresh("P")
    french = await phones.at(sites.number(2))
    english = await phones.at(sites.number(3), "en")
    await sites.put(
        station, first, sites.site(first, sites.contact(first, "Camille", french.number))
    )
    keyholder = sites.contact(second, "Sam", english.number, language="en")
    await sites.put(station, second, sites.site(second, keyholder))
    await asyncio.gather(station.send(first, "BA", "3"), station.send(second, "BA", "3"))

    await asyncio.gather(says_they_are_going(french), says_they_are_going(english))

    for account in (first, second):
        incident = await station.incident_after_calls(account)
        assert [call["outcome"] for call in incident["calls"]][:1] == ["going"]


async def says_they_are_going(keyholder: Phone) -> None:
    await keyholder.picks_up()
    await keyholder.expect_prompt("recognition", word="coquelicot")
    await keyholder.expect_prompt("ask_code")
    await keyholder.types("2580#")
    await keyholder.expect_prompt("code_ok")
    await keyholder.expect_prompt("situation", kind=Kind.INTRUSION)
    await keyholder.expect_prompt("site", **SITE)
    await keyholder.expect_prompt("offer_going")
    await keyholder.types("3")
    await keyholder.expect_prompt("key_going")
    await keyholder.expect_prompt("goodbye")
    await keyholder.is_hung_up()
    await said_only_after_the_code(keyholder)


async def said_only_after_the_code(phone: Phone) -> None:
    """The site's situation is heard once, and not before the code was typed (D13)."""
    code_at = phone.call.typed[0][1]
    for key, values in (
        ("situation", {"kind": Kind.INTRUSION}),
        ("site", SITE),
        ("zone_named", ZONE),
    ):
        said = await phone.heard_prompt(key, **values)
        assert [found.at > code_at for found in said] == [True], key


@together
async def test_a_first_wrong_code_is_forgiven(station: Station, phones: Phones) -> None:
    account = sites.fresh("P")
    keyholder = await phones.at(sites.number(4))
    await sites.put(
        station, account, sites.site(account, sites.contact(account, "Camille", keyholder.number))
    )
    await station.send(account, "BA", "3")

    await keyholder.picks_up()
    await keyholder.expect_prompt("ask_code", first_s=1)
    await keyholder.types("1111#")
    await keyholder.expect_prompt("code_wrong")
    await keyholder.expect_prompt("ask_code_again", first_s=0.8)
    await keyholder.types("99*2580#")  # a slip of the finger, and over again
    await keyholder.expect_prompt("code_ok")
    await keyholder.expect_prompt("situation", kind=Kind.INTRUSION)
    await keyholder.expect_prompt("zone_named", **ZONE)
    await keyholder.types("5")
    await keyholder.expect_prompt("key_next_person")
    await keyholder.is_hung_up()
    assert await keyholder.heard_prompt("bad_key") == []
    await said_only_after_the_code(keyholder)
