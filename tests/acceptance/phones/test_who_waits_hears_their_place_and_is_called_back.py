"""While somebody waits they hear which number they are; who hangs up stands on the page."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.support.phones import hearing
from tests.support.phones.packet_phone import PacketPhone
from tests.support.phones.phone import Phones
from tests.support.phones.together import at_the_desks
from tests.support.rows import sites
from tests.support.stations.station import DESKS, DUTY, Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

FIRST, SECOND = "+33639987001", "+33639987002"
TONE_HZ = 1130.0


async def until_page(station: Station, client: httpx.AsyncClient, text: str) -> str:
    """The page of missed calls, once ``text`` stands on it."""
    shown = ""

    async def there() -> bool:
        nonlocal shown
        shown = (await client.get("/call-backs?lang=en")).text
        return text in shown

    await station.until(there, 20)
    return shown


@at_the_desks
async def test_who_waits_hears_their_place_and_is_called_back(
    station: Station, phones: Phones
) -> None:
    first, second = await phones.at(sites.number(720)), await phones.at(sites.number(721))
    desks = await phones.all_at((*DESKS, DUTY))
    await first.asks_for_an_operator(FIRST)
    await first.expect_prompt("hold_the_line")
    await second.asks_for_an_operator(SECOND)
    await second.expect_prompt("hold_the_line")
    await second.expect_prompt("position", position=2)  # at once
    await first.expect_prompt("position_next")
    await second.expect_prompt("position", position=2)  # and again

    # The first one leaves: the second is next, and is told so.
    first.hangs_up()
    await second.expect_prompt("position_next")

    # Somebody comes: both are in one conversation, and nothing is said over it any more.
    desk = await whoever_rings(station, desks)
    await desk.expect_prompt("offer_connect")  # a key before the first word meets nobody
    await desk.types("1")
    await desk.expect_prompt("connecting")
    desk.plays(hearing.tone(TONE_HZ, seconds=2), "tone")
    await second.hears_tone(TONE_HZ)
    told = len(await second.heard_prompt("position_next"))
    talks_from = len(second.call.heard)
    await station.until(lambda: len(second.call.heard) > talks_from + 9 * hearing.RATE)
    assert len(await second.heard_prompt("position_next")) == told
    second.hangs_up()
    await desk.is_hung_up()
    await the_page_shows_who_left(station)


async def whoever_rings(station: Station, desks: list[PacketPhone]) -> PacketPhone:
    """Each rings for a while, one after the other: the one that does now is picked up."""

    def ringing() -> list[PacketPhone]:
        return [desk for desk in desks if desk.calls and not desk.call.over]

    while True:
        await station.until(ringing, within=60)
        for desk in ringing():
            await desk.answers()
            if not desk.call.over:  # else it rang no more
                return desk


async def the_page_shows_who_left(station: Station) -> None:
    async with httpx.AsyncClient(base_url=station.url, trust_env=False) as client:
        form = {"name": "demo", "password": "callflow-demo"}
        assert (await client.post("/login", data=form)).status_code == 303
        shown = await until_page(station, client, "06 39 98 70 01")
        assert "06 39 98 70 02" not in shown  # that one was answered
        token = re.search(r'data-csrf="([^"]+)"', shown)
        rows = shown.split('id="call-back-')[1:]
        (task,) = [row.partition('"')[0] for row in rows if "06 39 98 70 01" in row]
        assert token
        done = {"csrf": token[1], "result": "reached"}
        answer = await client.post(f"/call-backs/{task}/done", data=done)
        assert answer.status_code == 303
        assert "06 39 98 70 01" not in (await client.get("/call-backs")).text
