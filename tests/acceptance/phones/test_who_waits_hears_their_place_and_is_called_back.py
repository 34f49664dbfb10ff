"""While somebody waits they hear which number they are; who hangs up stands on the page."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from tests.support import hearing
from tests.support.phone import Phone, phones_of
from tests.support.station import DESKS, Station, patient_station

FIRST, SECOND = "+33639987001", "+33639987002"
TONE_HZ = 1130.0


async def calls_as(phone: Phone, number: str) -> None:
    """Calls the station, which sees ``number``."""
    await phone.asks_for_an_operator(number)


async def until_page(station: Station, client: httpx.AsyncClient, text: str) -> str:
    """The page of missed calls, once ``text`` stands on it."""
    shown = ""

    async def there() -> bool:
        nonlocal shown
        shown = (await client.get("/call-backs?lang=en")).text
        return text in shown

    await station.until(there, 20)
    return shown


async def test_who_waits_hears_their_place_and_is_called_back(tmp_path: Path) -> None:
    often = {"CALLFLOW_ANNOUNCE_EVERY": "6"}
    folder = tmp_path / "phones"
    folder.mkdir()
    async with patient_station(tmp_path / "station", often) as station:
        async with phones_of(station, folder) as phones:
            first, second = await phones.at("+33639980071"), await phones.at("+33639980072")
            await calls_as(first, FIRST)
            await first.expect_prompt("hold_the_line")
            await calls_as(second, SECOND)
            await second.expect_prompt("hold_the_line")
            await second.expect_prompt("position", position=2)  # at once
            await first.expect_prompt("position_next")
            await second.expect_prompt("position", position=2, within=30)  # and again

            # The first one leaves: the second is next, and is told so.
            first.hangs_up()
            await second.expect_prompt("position_next", within=30)

            # Somebody comes: both are in one conversation, and nothing is said over it any more.
            desk = await phones.at(DESKS[1])
            await desk.picks_up(within=120)  # each number of the chain rings 25 s in vain first
            await desk.expect_prompt("offer_connect")  # a key before the first word meets nobody
            await desk.types("1")
            await desk.expect_prompt("connecting")
            desk.plays(hearing.tone(TONE_HZ, seconds=2), "tone")
            await second.hears_tone(TONE_HZ)
            told = len(await second.heard_prompt("position_next"))
            talks_from = len(second.call.heard)
            await station.until(lambda: len(second.call.heard) > talks_from + 9 * hearing.RATE, 30)
            assert len(await second.heard_prompt("position_next")) == told
            second.hangs_up()
            await desk.is_hung_up()

        async with httpx.AsyncClient(base_url=station.url, trust_env=False) as client:
            form = {"name": "demo", "password": "callflow-demo"}
            assert (await client.post("/login", data=form)).status_code == 303
            shown = await until_page(station, client, "06 39 98 70 01")
            assert "06 39 98 70 02" not in shown  # that one was answered
            token = re.search(r'data-csrf="([^"]+)"', shown)
            task = re.search(r'id="call-back-(\w+)"', shown)
            assert token
            assert task
            done = {"csrf": token[1], "result": "reached"}
            answer = await client.post(f"/call-backs/{task[1]}/done", data=done)
            assert answer.status_code == 303
            assert "06 39 98 70 01" not in (await client.get("/call-backs")).text
