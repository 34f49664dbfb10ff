"""A client's evening by phone: a site on test, a late closing, an instruction, an alarm cancelled;
the operator's pages show each while the client is still on the line, untouched."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from callflow import clock
from callflow.core.signals.signal import Kind
from tests.acceptance.telephone.conversations import OPERATOR_HZ
from tests.support.phones.phone import Phone, Phones
from tests.support.rows import sites
from tests.support.stations.desk import Desks
from tests.support.stations.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear, pytest.mark.deep]

MAY = {"*": ["cancel", "set_on_test", "instruct"]}


def on_the_line(client: Phone) -> None:
    """What was shown was shown at once: the client, who says nothing more, is there still."""
    assert not client.call.over


async def known(client: Phone) -> None:
    await client.calls_the_station()
    await client.expect_prompt("welcome", station="Callflow")
    await client.expect_prompt("ask_code")
    await client.types("2580#")


async def test_what_a_client_does_by_phone_is_seen_at_once(
    station: Station, phones: Phones, desks: Desks
) -> None:
    account = sites.fresh("T")
    here = clock.now().astimezone(ZoneInfo("Europe/Paris"))
    ends, hour, minute = ("22:00", 23, 15) if here.hour < 21 else ("23:59", 1, 30)
    late = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    client = await phones.at(sites.fresh_number())
    contact = sites.contact(account, "Camille", client.number, authorities=MAY)
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    schedule = {"week": {day: [f"12:00-{ends}"] for day in days}, "late": 5}
    cellar = sites.site(account, contact, schedule=schedule, name="Cave du Vallon")
    await sites.put(station, account, cellar)
    desk = await desks.of("nour", OPERATOR_HZ)
    page = await desk.context.new_page()
    await page.goto(f"{desk.url}/sites/{account}")
    state, agreed = page.locator("#site .arming"), page.locator("#site .provisional")
    await expect(page.locator("#site")).to_be_visible()

    # on test for two hours
    await known(client)
    await client.expect_prompt("code_ok")
    await client.types("4")
    await client.expect_prompt("test_which", first_s=1)
    await client.types("1")
    await client.expect_prompt("ask_hours")
    await client.types("2")
    await expect(state).to_contain_text("en essai")
    on_the_line(client)

    # the test is over; late closing tonight
    await client.types("4")
    await client.expect_prompt("test_ended")
    await expect(state).not_to_contain_text("en essai")
    on_the_line(client)
    await client.types("5")
    await client.expect_prompt("ask_closing_time")
    await client.types(f"{late:%H%M}")
    await client.expect_prompt("late_set", at=late)
    await expect(state).to_contain_text(f"{late:%H:%M}")
    on_the_line(client)

    # an instruction: they are away until the day after tomorrow
    await client.types("6")
    await client.expect_prompt("instruct_absent", first_s=1.5)
    await client.types("1")
    await client.expect_prompt("from_now", first_s=1)
    await client.types("1")
    await client.expect_prompt("ask_last_day")
    await client.types(f"{here + timedelta(days=2):%d%m}")
    await client.expect_prompt("ask_last_hour")
    await client.types("0800")
    await client.expect_prompt("confirm_it")
    await client.types("1")
    await client.expect_prompt("instruct_waits", first_s=1.5)
    await expect(agreed).to_contain_text("Camille")
    tasks = desk.page.locator("#call-backs")
    await expect(tasks).to_contain_text("consigne à contresigner")
    on_the_line(client)
    client.hangs_up()
    await client.is_hung_up()
    await page.get_by_role("button", name="Retirer cette consigne").click()

    # an alarm, which they cancel before the machine has them
    await station.phone(client.number, "ring")
    await station.send(account, "BA", "3")
    row = desk.page.locator(".row", has_text="Cave du Vallon")
    await row.wait_for()
    await known(client)
    await client.expect_prompt("state_alarm", kind=Kind.INTRUSION)
    await client.types("1")
    await client.expect_prompt("cancel_why", first_s=1)
    await client.types("2")
    await client.expect_prompt("cancel_done", first_s=1.5)
    await expect(desk.page.locator("#list-waiting .row", has_text="Cave du Vallon")).to_be_visible()
    on_the_line(client)
    client.hangs_up()
    await client.is_hung_up()
    await page.close()
