"""A client leaves a provisional instruction by phone: what they say is played back to them, waits
for an operator at once, and counts once that one has listened to it and written it down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from callflow import clock
from tests.support.phones import hearing
from tests.support.phones.packet_phone import PacketPhone
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

MAY = {"*": ["cancel", "instruct"]}
#: What the client says: words that no menu has.
SAID = "not_alone"


async def agreed(station: Station, account: str) -> list[dict[str, Any]]:
    answer = await station.api.get(f"/sites/{account}/instructions")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def says(phone: PacketPhone, key: str, asked: hearing.Found) -> hearing.Samples:
    """Twice, after the tone that follows what was ``asked``, and a moment later the hash key: the
    recording begins after the first syllable, and its end is cut with the key."""
    words = await phone.voice.prompt(key, "fr")
    twice = np.concatenate([words, words, np.zeros(hearing.RATE)])
    await phone.hears_tone(1000, seconds=0.2, since=asked.end)
    await phone.line.plays(twice, again=False).over.wait()
    await phone.types("#")
    return words


@together
async def test_what_a_client_dictates_is_played_back_and_waits_for_an_operator(
    station: Station, phones: Phones
) -> None:
    account = sites.fresh("M")
    client = await phones.at(sites.number(660))
    contact = sites.contact(account, "Camille", client.number, authorities=MAY)
    await sites.put(station, account, sites.site(account, contact))
    here = clock.now().astimezone(ZoneInfo("Europe/Paris"))
    begins, ends = here + timedelta(days=2), here + timedelta(days=4)

    await client.calls_the_station()
    await client.expect_prompt("welcome", station="Callflow")
    await client.expect_prompt("ask_code")
    await client.types("2580#")
    await client.expect_prompt("code_ok")
    await client.types("6")  # barges in
    await client.expect_prompt("instruct_absent")
    await client.types("3")
    await client.expect_prompt("from_now")
    await client.types("2")
    await client.expect_prompt("ask_first_day")
    await client.types(f"{begins:%d%m}")
    await client.expect_prompt("ask_first_hour")
    await client.types("0800")
    await client.expect_prompt("ask_last_day")
    await client.types(f"{ends:%d%m}")
    await client.expect_prompt("ask_last_hour")
    await client.types("1830")
    asked = await client.expect_prompt("ask_speak")
    words = await says(client, SAID, asked)

    await client.expect_prompt("you_said")
    await client.expect_prompt(SAID)  # their own words, as they come back
    first, last = _at(begins, 8, 0), _at(ends, 18, 30)
    times: dict[str, Any] = {
        "day": first.date(),
        "at": first,
        "last_day": last.date(),
        "last_at": last,
    }
    await client.expect_prompt("note_between", **times)
    assert await agreed(station, account) == []  # nothing counts before the 1
    await client.types("1")
    await client.expect_prompt("instruct_waits")

    (row,) = await agreed(station, account)
    assert (row["state"], row["lowers"], row["author"]) == (
        "awaiting_signature",
        ["spoken"],
        "Camille",
    )
    assert datetime.fromisoformat(row["begins_at"]) == first
    assert datetime.fromisoformat(row["ends_at"]) == last
    sound = await station.api.get(f"/recordings/spoken/{row['voice']}")
    assert sound.status_code == 200
    assert hearing.likeness(_mono(sound.content), words) > 0.8
    client.hangs_up()
    await client.is_hung_up()

    path = f"/sites/{account}/instructions/{row['id']}/transcribe"
    body = {"text": "Vous n'êtes pas seul.", "lowers_protection": False}
    heard = (await station.api.post(path, json=body)).json()
    assert (heard["state"], heard["text"]) == ("awaiting_signature", body["text"])


def _at(day: datetime, hour: int, minute: int) -> datetime:
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _mono(wav: bytes) -> hearing.Samples:
    return hearing.pcm(wav[44:])
