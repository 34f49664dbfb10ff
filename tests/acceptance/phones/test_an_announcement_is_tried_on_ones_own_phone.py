"""A studio's recording is put in its place, tried on one's own phone, and taken away again.

The page's buttons are test_dialogues_in_browser.py's.
"""

from __future__ import annotations

import pytest

from callflow.core.signals.signal import Kind
from callflow.texts.station.trunks import TESTS
from tests.support.outside.studio import recording
from tests.support.pages.administrator import administrator_of_forms
from tests.support.pages.visitors import FarPerson
from tests.support.phones.hearing import Found
from tests.support.phones.phone import Phone, Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

HERTZ = 440
#: A sentence that no other conversation of this station has.
KIND = Kind.FLOOD
KEY = f"situation-{KIND.value}"
WHERE = f"/announcements/{KEY}"


async def put(person: FarPerson) -> None:
    fields = {"language": "fr", "key": KEY}
    put = await person.hidden(WHERE, "/announcements", fields)
    files = {"file": ("a.wav", recording(HERTZ), "audio/wav")}
    answer = await person.client.post("/announcements", data={**put, **fields}, files=files)
    assert answer.is_redirect, answer.text


async def rings(person: FarPerson, phone: Phone, times: int) -> Found:
    """A call is asked for, the phone picked up; all is heard that comes before what is tried, the
    last of which is returned."""
    asked = {"language": "fr", "number": phone.number}
    assert (await person.fill(WHERE, f"{WHERE}/call", **asked)).is_redirect
    await phone.picks_up(times=times)
    await phone.expect_prompt("greeting", station="Callflow")
    return await phone.expect_prompt("site", site=TESTS["announcement_test"][0][0], written="")


async def is_confirmed(person: FarPerson, phone: Phone, times: int) -> None:
    """A key ends the call, and the page says so."""
    await phone.expect_prompt("offer_acknowledge")
    await phone.types("1")
    await phone.is_hung_up()

    async def said() -> bool:
        page = (await person.see(f"{WHERE}?lang=fr")).text
        return page.count("message entendu et confirmé") == times

    await phone.station.until(said)


@together
async def test_a_recording_is_put_heard_on_ones_own_phone_and_taken_away(
    station: Station, phones: Phones
) -> None:
    account, number = sites.fresh("A"), sites.number(697)
    await sites.put(station, account, sites.site(account, sites.premises(account, number)))
    phone = await phones.at(number)
    async with administrator_of_forms(station) as person:
        await put(person)
        before = await rings(person, phone, 1)
        await phone.hears_tone(HERTZ, since=before.end)
        await is_confirmed(person, phone, 1)

        removed = await person.fill(WHERE, f"{WHERE}/remove", language="fr")
        assert removed.is_redirect, removed.text
        await rings(person, phone, 2)
        await phone.expect_prompt("situation", kind=KIND)
        await is_confirmed(person, phone, 2)
    assert len(await station.seen(number)) == 2
