"""A call goes on while the web begins again; a second tab waits, a closed one gives its turn."""

from __future__ import annotations

import pytest

from tests.acceptance.telephone.conversations import (
    OPERATOR_HZ,
    a_person_asks_for_an_operator,
    hear_each_other,
)
from tests.support.phones.phone import Phones
from tests.support.stations.desk import Desks
from tests.support.stations.operators import Operators
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_call_goes_on_while_the_web_is_begun_again(
    station: Station, phones: Phones, operators: Operators
) -> None:
    desk = await operators.of("uma", OPERATOR_HZ)
    _, person = await a_person_asks_for_an_operator(station, phones)
    await desk.answers()
    await hear_each_other(person, desk)
    begun = station.pids("web")
    station.kill("web")
    await hear_each_other(person, desk)
    await station.until(lambda: set(station.pids("web")) - set(begun))
    await desk.is_in_call(60)
    await desk.hangs_up()
    await person.is_hung_up()
    await desk.is_free()


@pytest.mark.deep
@pytest.mark.ear
async def test_one_tab_has_the_telephone_and_the_next_one_takes_over(
    station: Station, phones: Phones, desks: Desks
) -> None:
    desk = await desks.of("vera", OPERATOR_HZ)
    second = await desk.context.new_page()
    await second.goto(f"http://127.0.0.1:{station.base}/")
    await second.locator("#phone[data-state=elsewhere]").wait_for()
    first, desk.page = desk.page, second
    await first.close()
    await desk.is_connected()
    _, person = await a_person_asks_for_an_operator(station, phones)
    await desk.answers()
    await hear_each_other(person, desk)
    await desk.presses("F4")
    await person.is_hung_up()
    await desk.is_free()
