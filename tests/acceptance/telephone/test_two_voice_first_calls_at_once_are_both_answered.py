"""Two people in lifts at once (D8): each speaks with a human at once; where one operator is alone,
nobody is hung up on or left unheard for the other. Counted at the far end."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.acceptance.telephone.conversations import (
    CLIENT_HZ,
    OPERATOR_HZ,
    OTHER_HZ,
    a_lift,
    answers_by_itself,
)
from tests.support.phones import hearing
from tests.support.phones.phone import Phone, Phones
from tests.support.stations.operators import Operator, Operators
from tests.support.stations.station import DESKS, Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(240)]

SECOND_HZ = 860.0
#: What each cabin sounds like.
HERTZ = {"Tour Belledonne": CLIENT_HZ, "Tour Chartreuse": SECOND_HZ}


async def two_people_are_stuck(
    station: Station, phones: Phones
) -> tuple[dict[str, Phone], dict[str, str]]:
    """Both alarms come at the same moment, and each cabin is called and answers by itself, as
    lifts' telephones do; ({site's name: cabin}, {site's name: account})."""
    cabins: dict[str, Phone] = {}
    accounts: dict[str, str] = {}
    for name in HERTZ:
        accounts[name], cabins[name] = await a_lift(station, phones, name)
    await asyncio.gather(*(station.send(account, "BA", "9") for account in accounts.values()))
    await asyncio.gather(*(answers_by_itself(cabin, HERTZ[n]) for n, cabin in cabins.items()))
    return cabins, accounts


async def takes(desk: Operator) -> str:
    """Answers what rings; the name of the site whose pop was there before."""
    await desk.rings()
    await desk.sees("<blockquote", "Êtes-vous blessé ?")
    assert "mot de passe" not in desk.pop
    (site,) = (name for name in HERTZ if name in desk.pop)
    await desk.answers()
    return site


async def speak(desk: Operator, cabin: Phone, hertz: float) -> None:
    await asyncio.gather(cabin.hears_tone(desk.hertz), desk.hears_tone(hertz))


async def waits_beside(desk: Operator, site: str, said: str) -> None:
    """One person, and no other, is beside the conversation that is up."""

    def alone() -> bool:
        urgent = re.findall(r'<li class="person urgent".*?</li>', desk.calls, re.DOTALL)
        return len(urgent) == 1 and site in urgent[0] and said in urgent[0]

    await desk.station.until(alone)
    await desk.is_in_call()


async def goes_to_the_other(desk: Operator) -> None:
    """One key: whoever is spoken to waits, and the telephone rings for who waited."""
    await desk.clicks("join")
    await desk.answers()


async def is_held_by(station: Station, account: str, who: str) -> None:
    async def held() -> bool:
        return bool((await station.incident(account))["holder"] == who)

    await station.until(held)


async def test_two_operators_speak_with_one_each(
    station: Station, phones: Phones, operators: Operators
) -> None:
    first, second = (
        await operators.of("flora", OPERATOR_HZ),
        await operators.of("gaspard", OTHER_HZ),
    )
    cabins, accounts = await two_people_are_stuck(station, phones)
    taken = dict(
        zip(await asyncio.gather(takes(first), takes(second)), (first, second), strict=True)
    )
    assert set(taken) == set(cabins)
    await asyncio.gather(*(speak(desk, cabins[at], HERTZ[at]) for at, desk in taken.items()))
    for at, desk in taken.items():
        await is_held_by(station, accounts[at], desk.name)
        await desk.hangs_up()
        await cabins[at].is_hung_up()
        await desk.is_free()
    assert [len(await station.seen(cabin.number)) for cabin in cabins.values()] == [1, 1]


async def test_one_operator_alone_goes_from_one_to_the_other_and_back(
    station: Station, phones: Phones, operators: Operators
) -> None:
    rung = sum([len(await station.seen(number)) for number in DESKS])
    desk = await operators.of("hugo", OPERATOR_HZ)
    cabins, accounts = await two_people_are_stuck(station, phones)
    first = await takes(desk)
    await speak(desk, cabins[first], HERTZ[first])
    (second,) = set(cabins) - {first}

    # The other one is beside the conversation, urgent, with its site; a desk rings for them, too.
    await waits_beside(desk, second, "Vitale")
    await station.until(lambda: _more(station, rung), 30)

    # One key: who was spoken to is told that they are not alone, and waits.
    await goes_to_the_other(desk)
    await waits_beside(desk, first, "déjà en ligne")
    await speak(desk, cabins[second], HERTZ[second])
    await cabins[first].expect_prompt("not_alone")
    assert not await desk.hears(HERTZ[first], 1)

    # And back.
    await goes_to_the_other(desk)
    await waits_beside(desk, second, "déjà en ligne")
    await speak(desk, cabins[first], HERTZ[first])
    await cabins[second].expect_prompt("not_alone")
    await desk.hangs_up()
    await cabins[first].is_hung_up()

    # Whoever is left rings by itself.
    await desk.answers(60)
    await speak(desk, cabins[second], HERTZ[second])
    await desk.hangs_up()
    await cabins[second].is_hung_up()
    await desk.is_free()
    for at in cabins:
        await is_held_by(station, accounts[at], desk.name)
        told = await station.api.get(f"/incidents/{(await station.incident(accounts[at]))['id']}")
        assert "left_waiting" in {entry["kind"] for entry in told.json()["logbook"]}
    assert [len(await station.seen(cabin.number)) for cabin in cabins.values()] == [1, 1]


async def test_a_cabin_that_calls_is_an_alarm_and_who_answers_sees_it(
    station: Station, phones: Phones, operators: Operators
) -> None:
    desk = await operators.of("irma", OPERATOR_HZ)
    account, cabin = await a_lift(station, phones, "Tour Belledonne")
    await cabin.calls_the_station()
    cabin.plays(hearing.tone(CLIENT_HZ, seconds=2), "tone")
    assert await takes(desk) == "Tour Belledonne"
    await desk.sees('<section class="leg', "Tour Belledonne")
    await speak(desk, cabin, CLIENT_HZ)
    await is_held_by(station, account, desk.name)
    await station.send(account, "BA", "9")  # its panel tells the same a little later

    async def told() -> bool:
        return len((await station.incident(account))["signals"]) == 2

    await station.until(told)
    await desk.hangs_up()
    await cabin.is_hung_up()
    await desk.is_free()
    assert await station.seen(cabin.number) == []
    assert (await station.incident(account))["kind"] == "lift"


async def _more(station: Station, rung: int) -> bool:
    return sum([len(await station.seen(number)) for number in DESKS]) > rung
