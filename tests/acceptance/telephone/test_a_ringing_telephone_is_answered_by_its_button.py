"""A call that rings at a desk is answered by its button, which one key and Tab come to."""

from __future__ import annotations

import pytest

from tests.acceptance.telephone.conversations import (
    OPERATOR_HZ,
    a_person_asks_for_an_operator,
    hear_each_other,
)
from tests.support.phones.hands import Hands
from tests.support.phones.phone import Phones
from tests.support.stations.desk import Desks
from tests.support.stations.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear, pytest.mark.deep]


async def test_a_ringing_telephone_is_answered_by_its_button(
    station: Station, phones: Phones, desks: Desks
) -> None:
    desk = await desks.of("maud", OPERATOR_HZ)
    hands = Hands(desk.page)
    await hands.leave_the_mouse()
    _, person = await a_person_asks_for_an_operator(station, phones)
    await desk.rings()
    await hands.press("h")
    await hands.tab_to(desk.page.locator("#calls [data-phone=answer]"))
    await hands.press("Enter")
    await desk.is_in_call()
    await hear_each_other(person, desk)
    await hands.press("F4")
    await person.is_hung_up()
    await hands.used_no_mouse()
