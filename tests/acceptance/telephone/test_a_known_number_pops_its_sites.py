"""Somebody calls in: their number shows who they may be, and nothing that proves it."""

from __future__ import annotations

import pytest

from tests.acceptance.telephone.conversations import CLIENT_HZ, OPERATOR_HZ, hear_each_other
from tests.support import hearing, sites
from tests.support.desk import Desks
from tests.support.phone import Phones
from tests.support.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear]


async def test_a_known_number_pops_its_sites(
    station: Station, phones: Phones, desks: Desks
) -> None:
    first, second = sites.fresh("T"), sites.fresh("T")
    person = await phones.at(sites.number(341))
    for account, name in ((first, "Fromagerie du Vallon"), (second, "Cave du Vallon")):
        contact = {**sites.contact(first, "Camille", person.number), "id": f"{first}-camille"}
        await sites.put(station, account, sites.site(account, contact, name=name))
    desk = await desks.of("sara", OPERATOR_HZ)
    await person.asks_for_an_operator()
    person.plays(hearing.tone(CLIENT_HZ, seconds=2), "tone")
    await desk.rings()
    pop = desk.page.locator("#pop .pop[data-how=number]")
    await pop.get_by_text("Fromagerie du Vallon").wait_for()
    await pop.get_by_text("Cave du Vallon").wait_for()
    await pop.get_by_text("Camille").first.wait_for()
    await desk.presses("F2")
    await desk.is_in_call()
    await hear_each_other(person, desk)
    await desk.presses("F4")
    await person.is_hung_up()
    await desk.is_free()


async def test_an_unknown_number_is_said_to_be_nobodys(
    station: Station, phones: Phones, desks: Desks
) -> None:
    person = await phones.at(sites.number(342))
    desk = await desks.of("tomas", OPERATOR_HZ)
    await person.asks_for_an_operator("+33639984444")
    await desk.rings()
    await desk.page.locator("#pop .pop[data-how=unknown]").get_by_text("Ctrl+K").wait_for()
    person.hangs_up()
    await desk.is_free()
