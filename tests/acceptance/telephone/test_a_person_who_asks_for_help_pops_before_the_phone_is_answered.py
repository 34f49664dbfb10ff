"""Screen pop: who is on the line, where, and what to say, while the telephone still rings."""

from __future__ import annotations

import pytest

from tests.acceptance.telephone.conversations import (
    OPERATOR_HZ,
    OTHER_HZ,
    a_person_asks_for_an_operator,
    hear_each_other,
    somebody_elses_alarm,
)
from tests.support.phones.phone import Phones
from tests.support.stations.desk import Desks
from tests.support.stations.operators import Operators
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.ear
async def test_the_pop_is_there_before_the_answer_and_typing_goes_on(
    station: Station, phones: Phones, desks: Desks
) -> None:
    desk = await desks.of("ines", OPERATOR_HZ)
    other = await somebody_elses_alarm(station)
    await desk.opens(other)
    note = desk.page.locator("#incident textarea[name=text]").first
    await note.click()
    await desk.page.keyboard.type("le gardien ")

    account, person = await a_person_asks_for_an_operator(station, phones)
    await desk.rings()
    pop = desk.page.locator("#pop")
    await pop.get_by_text("Camille").wait_for()
    await pop.get_by_text("Fromagerie du Vallon").wait_for()
    assert await pop.locator("blockquote").count() == 1
    assert person.call.over is False
    await desk.page.keyboard.type("arrive")
    assert await note.input_value() == "le gardien arrive"
    assert await note.evaluate("e => e === document.activeElement")

    await desk.presses("F2")
    await desk.is_in_call()
    await hear_each_other(person, desk)
    incident = await station.incident(account)
    shown = (await station.api.get(f"/incidents/{incident['id']}")).json()
    assert shown["holder"] == "ines"
    await desk.presses("F4")
    await person.is_hung_up()
    await desk.is_free()
    await pop.wait_for(state="hidden")


async def test_an_operator_whose_desk_dies_leaves_the_person_to_the_next_one(
    station: Station, phones: Phones, operators: Operators
) -> None:
    desk = await operators.of("jean", OPERATOR_HZ)
    _, person = await a_person_asks_for_an_operator(station, phones)
    await desk.answers()
    await hear_each_other(person, desk)
    other = await operators.of("karim", OTHER_HZ)
    await desk.crashes()
    await other.answers(within=60)
    await hear_each_other(person, other)
    assert not person.call.over
    await other.hangs_up()
    await person.is_hung_up()


@pytest.mark.deep
@pytest.mark.ear
async def test_an_operator_whose_browser_crashes_leaves_the_person_to_the_next_one(
    station: Station, phones: Phones, desks: Desks
) -> None:
    desk = await desks.of("julie", OPERATOR_HZ)
    _, person = await a_person_asks_for_an_operator(station, phones)
    await desk.answers()
    await hear_each_other(person, desk)
    other = await desks.of("kenza", OTHER_HZ)
    await desk.crashes()
    await other.answers(within=60)
    await hear_each_other(person, other)
    assert not person.call.over
    await other.presses("F4")
    await person.is_hung_up()
