"""A call goes on while the web begins again; a second tab waits, a closed one gives its turn."""

from __future__ import annotations

import pytest

from tests.acceptance.telephone.conversations import (
    OPERATOR_HZ,
    a_person_asks_for_an_operator,
    hear_each_other,
)
from tests.support.desk import Desks
from tests.support.phone import Phones
from tests.support.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear]


async def test_a_call_goes_on_while_the_web_is_begun_again(
    station: Station, phones: Phones, desks: Desks
) -> None:
    desk = await desks.of("uma", OPERATOR_HZ)
    _, person = await a_person_asks_for_an_operator(station, phones, 351)
    await desk.answers()
    await hear_each_other(person, desk)
    station.kill("web")
    await desk.speaks_and_hears(packets=200)
    await hear_each_other(person, desk)
    await station.until(lambda: station.pids("web"))
    await desk.page.locator("#cut").wait_for(state="hidden", timeout=30_000)
    await desk.presses("F4")
    await person.is_hung_up()
    await desk.is_free()


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
    _, person = await a_person_asks_for_an_operator(station, phones, 352)
    await desk.answers()
    await hear_each_other(person, desk)
    await desk.presses("F4")
    await person.is_hung_up()
    await desk.is_free()


async def test_a_page_that_is_loaded_again_leaves_nobody_behind(
    station: Station, phones: Phones, desks: Desks
) -> None:
    desk = await desks.of("wanda", OPERATOR_HZ)
    _, person = await a_person_asks_for_an_operator(station, phones, 353)
    await desk.answers()
    await hear_each_other(person, desk)
    await desk.page.reload()
    await desk.is_connected()
    await desk.speaks_and_hears(packets=100)
    await hear_each_other(person, desk)
    assert not person.call.over
    await desk.presses("F4")
    await person.is_hung_up()
    await desk.is_free()
