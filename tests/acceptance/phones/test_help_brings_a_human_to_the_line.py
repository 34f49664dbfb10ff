"""Asking for help needs no code: the person is put through, and stays put (D12)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones import hearing
from tests.support.phones.phone import Phone, Phones
from tests.support.phones.together import at_the_desks
from tests.support.rows import sites
from tests.support.stations.station import DESKS, Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Tones that neither speech nor the other side makes.
CLIENT_HZ, DESK_HZ = 620.0, 1130.0


async def a_call_to(station: Station, phones: Phones, account: str, place: int) -> Phone:
    """A site whose keyholder is called, and picked up."""
    person = await phones.at(sites.number(place))
    await sites.put(
        station, account, sites.site(account, sites.contact(account, "Camille", person.number))
    )
    await station.send(account, "BA", "3")
    await person.picks_up()
    await person.expect_prompt("ask_code", first_s=1)
    return person


async def takes_it(desk: Phone, times: int = 1) -> None:
    """The operator at a desk phone hears who waits, and presses 1."""
    await desk.picks_up(times=times)
    await desk.expect_prompt(
        "desk_person", kind=Kind.INTRUSION, site="Fromagerie du Vallon", written="fr", count=1
    )
    await desk.types("1")
    await desk.expect_prompt("connecting")


async def hear_each_other(client: Phone, desk: Phone) -> None:
    client.plays(hearing.tone(CLIENT_HZ, seconds=2), "tone")
    desk.plays(hearing.tone(DESK_HZ, seconds=2), "tone")
    await asyncio.gather(desk.hears_tone(CLIENT_HZ), client.hears_tone(DESK_HZ))


async def ended(station: Station, account: str) -> dict[str, Any]:
    """The incident, once every call of it is over; closed, so that nothing rings after it."""
    incident = await station.incident(account)

    async def over() -> bool:
        shown = (await station.api.get(f"/incidents/{incident['id']}")).json()
        return all(call["outcome"] is not None for call in shown["calls"])

    await station.until(over, 30)
    shown: dict[str, Any] = (await station.api.get(f"/incidents/{incident['id']}")).json()
    await station.api.post(f"/incidents/{incident['id']}/close", json={"code": "test", "text": "x"})
    return shown


@at_the_desks
async def test_help_without_a_code_joins_the_client_and_the_desk(
    station: Station, phones: Phones
) -> None:
    account = sites.fresh("H")
    desk = await phones.at(DESKS[0])
    client = await a_call_to(station, phones, account, 11)
    await client.types("2")
    await client.expect_prompt("key_help")
    await client.expect_prompt("hold_the_line")

    await takes_it(desk)
    await hear_each_other(client, desk)
    client.hangs_up()
    await desk.is_hung_up()

    incident = await ended(station, account)
    outcomes = {call["to"]: call["outcome"] for call in incident["calls"]}
    assert outcomes[client.number] == "help"
    assert incident["with_human"]
    assert await client.heard_prompt("situation", kind=Kind.INTRUSION) == []


@pytest.mark.deep
@at_the_desks
async def test_zero_reaches_an_operator_even_during_the_last_words(
    station: Station, phones: Phones
) -> None:
    """That it brings a human: test_a_key_breaks_off_any_word_and_is_answered.py."""
    desk = await phones.at(DESKS[0])
    for place in (12, 14, 15):
        account = sites.fresh("H")
        client = await a_call_to(station, phones, account, place)
        await client.types("2580#")
        await client.expect_prompt("situation", kind=Kind.INTRUSION)
        await client.types("3")
        await client.expect_prompt("key_going", first_s=0.8)
        await client.types("0")
        if not client.call.over:
            break
        await ended(station, account)  # the words were over before the key left: once more
    else:
        raise AssertionError("the zero kept nobody on the line")
    await client.expect_prompt("key_operator")
    await takes_it(desk)
    await hear_each_other(client, desk)
    client.hangs_up()
    await desk.is_hung_up()
    outcomes = {c["to"]: c["outcome"] for c in (await ended(station, account))["calls"]}
    assert outcomes[client.number] == "operator"


async def test_a_crashed_desk_leaves_the_client_with_music_and_the_next_desk_rings(
    station: Station, phones: Phones
) -> None:
    account = sites.fresh("H")
    desk, other = await phones.at(DESKS[0]), await phones.at(DESKS[1])
    client = await a_call_to(station, phones, account, 13)
    await client.types("0")
    await takes_it(desk)
    await hear_each_other(client, desk)

    client.falls_silent()
    alone_from = len(client.call.heard)
    desk.crashes()
    await other.rings(within=60)
    assert not client.call.over
    await hears_music(client)
    await takes_it(other)
    await hear_each_other(client, other)
    assert not client.call.over
    assert hearing.seconds_of_tone(client.call.heard[alone_from:], DESK_HZ) > 0
    client.hangs_up()
    await other.is_hung_up()
    await ended(station, account)


async def hears_music(phone: Phone) -> None:
    """Something plays to whoever is alone, for a second or more."""
    begin = len(phone.call.heard)

    def plays() -> bool:
        heard = phone.call.heard[begin:]
        frames = heard[: len(heard) // 400 * 400].reshape(-1, 400)
        loud = (frames**2).mean(axis=1) > 1e-6
        return bool(loud.sum() * 0.05 > 1)

    await phone.station.until(plays, 10)
