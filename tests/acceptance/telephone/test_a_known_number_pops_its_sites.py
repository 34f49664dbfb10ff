"""Somebody calls in: their number shows who they may be, and nothing that proves it."""

from __future__ import annotations

import pytest

from tests.acceptance.telephone.conversations import CLIENT_HZ, OPERATOR_HZ, hear_each_other
from tests.support.phones import hearing
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.stations.operators import Operators
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_known_number_pops_its_sites(
    station: Station, phones: Phones, operators: Operators
) -> None:
    first, second = sites.fresh("T"), sites.fresh("T")
    person = await phones.at(sites.fresh_number())
    for account, name in ((first, "Fromagerie du Vallon"), (second, "Cave du Vallon")):
        contact = {**sites.contact(first, "Camille", person.number), "id": f"{first}-camille"}
        await sites.put(station, account, sites.site(account, contact, name=name))
    desk = await operators.of("sara", OPERATOR_HZ)
    await person.asks_for_an_operator()
    person.plays(hearing.tone(CLIENT_HZ, seconds=2), "tone")
    await desk.rings()
    await desk.sees('data-how="number"', "Fromagerie du Vallon", "Cave du Vallon", "Camille")
    await desk.answers()
    await hear_each_other(person, desk)
    await desk.hangs_up()
    await person.is_hung_up()
    await desk.is_free()


async def test_an_unknown_number_is_said_to_be_nobodys(
    station: Station, phones: Phones, operators: Operators
) -> None:
    person = await phones.at(sites.fresh_number())
    desk = await operators.of("tomas", OPERATOR_HZ)
    await person.asks_for_an_operator("+33639984444")
    await desk.rings()
    await desk.sees('data-how="unknown"', "Ctrl+K")
    person.hangs_up()
    await desk.is_free()
