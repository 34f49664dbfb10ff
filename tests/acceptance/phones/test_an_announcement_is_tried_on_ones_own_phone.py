"""A studio's recording is put in its place, tried on one's own phone, and taken away again."""

from __future__ import annotations

import pytest
from playwright.async_api import FilePayload, Page, expect

from callflow.texts.trunks import TESTS
from tests.support import sites
from tests.support.administrator import administrator
from tests.support.hearing import Found
from tests.support.phone import Phone, Phones
from tests.support.station import Station
from tests.support.studio import recording

pytestmark = pytest.mark.asyncio(loop_scope="package")

HERTZ = 440
WHERE = "/announcements/goodbye"


async def rings(page: Page, phone: Phone, times: int) -> Found:
    """The button is pressed, the phone picked up; all is heard that comes before what is tried, the
    last of which is returned."""
    await page.fill("#number-fr", phone.number)
    await page.click(f"form[action='{WHERE}/call']:has(#number-fr) button")
    await phone.picks_up(times=times)
    await phone.expect_prompt("greeting", station="Callflow")
    return await phone.expect_prompt("site", site=TESTS["announcement_test"][0][0], written="")


async def is_confirmed(page: Page, phone: Phone) -> None:
    """A key ends the call, and the page says so."""
    await phone.expect_prompt("offer_acknowledge")
    await phone.types("1")
    await phone.is_hung_up()
    newest = page.locator("#tests tbody tr").first
    await expect(newest).to_contain_text("message entendu et confirmé")


async def test_a_recording_is_put_heard_on_ones_own_phone_and_taken_away(
    station: Station, phones: Phones
) -> None:
    account, number = sites.fresh("A"), sites.number(697)
    await sites.put(station, account, sites.site(account, sites.premises(account, number)))
    phone = await phones.at(number)
    async with administrator(station, f"{WHERE}?lang=fr") as page:
        file: FilePayload = {"name": "a.wav", "mimeType": "audio/wav", "buffer": recording(HERTZ)}
        await page.set_input_files("#file-fr", file)
        await page.click("form[action='/announcements']:has(#file-fr) button")
        await expect(page.get_by_text("enregistrement du studio, 1")).to_be_visible()

        before = await rings(page, phone, 1)
        await phone.hears_tone(HERTZ, since=before.end)
        await is_confirmed(page, phone)

        await page.click(f"form[action='{WHERE}/remove'] button")
        await expect(page.get_by_text("enregistrement du studio, 1")).to_have_count(0)
        await rings(page, phone, 2)
        await phone.expect_prompt("goodbye")
        await is_confirmed(page, phone)
    assert len(await station.seen(number)) == 2
