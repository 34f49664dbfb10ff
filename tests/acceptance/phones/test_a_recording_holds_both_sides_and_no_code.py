"""A call's recording: from the answer to the end, each side apart, no key audible, and proof."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from datetime import datetime
from typing import Any

import pytest

from tests.support.phones import hearing
from tests.support.phones.phone import Phone, Phones
from tests.support.phones.together import at_the_desks
from tests.support.rows import sites
from tests.support.stations.station import DESKS, Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

CLIENT_HZ, DESK_HZ = 620.0, 1130.0


async def recorded(station: Station, account: str) -> dict[str, Any]:
    """The incident, once each answered call of it has its recording."""
    incident = await station.incident(account)

    async def shown() -> dict[str, Any]:
        found: dict[str, Any] = (await station.api.get(f"/incidents/{incident['id']}")).json()
        return found

    async def all_there() -> bool:
        now = await shown()
        answered = [call["id"] for call in now["calls"] if call["answered_at"]]
        over = all(call["outcome"] for call in now["calls"])
        return over and sorted(r["id"] for r in now["recordings"]) == sorted(answered)

    await station.until(all_there, 30)
    return await shown()


@at_the_desks
async def test_both_sides_are_recorded_from_the_answer_to_the_end_and_no_key_of_a_code_sounds(
    station: Station, phones: Phones
) -> None:
    desk, client = await phones.at(DESKS[0]), await phones.at(sites.number(21))
    incident: dict[str, Any] = {}
    calls: dict[str, dict[str, Any]] = {}
    for times in (1, 2, 3):
        account = sites.fresh("R")
        await sites.put(
            station, account, sites.site(account, sites.contact(account, "Camille", client.number))
        )
        await station.send(account, "BA", "3")
        await talk(client, desk, times)
        incident = await recorded(station, account)
        calls = {call["to"]: call for call in incident["calls"]}
        shown = {one["id"]: one for one in incident["recordings"]}
        agreed = [
            await was_told_in_time(station, calls[phone.number])
            and is_as_long(shown[calls[phone.number]["id"]], calls[phone.number], phone)
            for phone in (client, desk)
        ]
        if all(agreed):
            break
    sounds = {
        phone: await sound_of(station, incident, calls[phone.number], phone)
        for phone in (client, desk)
    }

    said, heard = hearing.sides(sounds[client])
    assert hearing.seconds_of_tone(said, CLIENT_HZ) > 1 > hearing.seconds_of_tone(heard, CLIENT_HZ)
    assert hearing.seconds_of_tone(heard, DESK_HZ) > 1 > hearing.seconds_of_tone(said, DESK_HZ)
    assert hearing.keys_heard(said) == ""
    assert hearing.keys_heard(heard) == ""
    # Only the person's side is silenced while the code is typed: what the station asked is proof.
    asked = await client.voice.prompt("recognition", client.language, word="coquelicot")
    assert hearing.find(heard, asked)
    assert await client.heard_prompt("code_ok")  # 2580# was heard as keys

    said, heard = hearing.sides(sounds[desk])
    assert hearing.seconds_of_tone(said, DESK_HZ) > 1 > hearing.seconds_of_tone(heard, DESK_HZ)
    assert hearing.seconds_of_tone(heard, CLIENT_HZ) > 1
    # What the code's digits would have looked like: the desk's 1 is no code.
    assert hearing.keys_heard(said) == "1"


async def was_told_in_time(station: Station, call: dict[str, Any]) -> bool:
    """Whether the row's length is the network's own. On a busy machine an event is read late, and
    the row that it is measured by is longer or shorter than the call."""

    async def seen() -> dict[str, Any]:
        return (await station.seen(call["to"]))[-1]

    async def is_over() -> bool:
        return (await seen())["ended_at"] is not None

    await station.until(is_over)
    return abs(_seconds(call) - _seconds(await seen())) < 0.5


def is_as_long(recording: dict[str, Any], call: dict[str, Any], phone: Phone) -> bool:
    """Whether all who measured the call agree: a machine that stands still in it lets nobody
    record, and the clocks go on."""
    lengths: tuple[float, ...] = (recording["duration"], _seconds(call), phone.call.talked)
    return max(lengths) - min(lengths) < 1


def _seconds(call: dict[str, Any]) -> float:
    """From the answer to the end."""
    ends = [datetime.fromisoformat(call[name]) for name in ("answered_at", "ended_at")]
    return (ends[1] - ends[0]).total_seconds()


async def talk(client: Phone, desk: Phone, times: int) -> None:
    """In their so many-th call, the client types a code whose tones leak into the line, asks for an
    operator, and talks."""
    await client.picks_up(times=times)
    await client.expect_prompt("recognition", word="coquelicot")
    await client.types("2580#", sounding=True)
    await client.expect_prompt("code_ok")
    await client.types("0")
    await client.expect_prompt("key_operator")
    await desk.picks_up(times=times)
    await desk.expect_prompt("offer_connect", within=25)
    await desk.types("1", sounding=True)
    await desk.expect_prompt("connecting")
    client.plays(hearing.tone(CLIENT_HZ, seconds=1.5), "tone")
    await desk.hears_tone(CLIENT_HZ, 1.5)
    client.falls_silent()
    desk.plays(hearing.tone(DESK_HZ, seconds=1.5), "tone")
    await client.hears_tone(DESK_HZ, 1.5)
    client.hangs_up()
    await client.is_hung_up()
    await desk.is_hung_up()


async def sound_of(
    station: Station, incident: dict[str, Any], call: dict[str, Any], phone: Phone
) -> bytes:
    """The recording of a call, after its length, its hash and its place in the logbook."""
    answer = await station.api.get(f"/recordings/{call['id']}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    recording = next(r for r in incident["recordings"] if r["id"] == call["id"])
    assert recording["problem"] == ""
    assert recording["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert any(recording["sha256"] in entry["text"] for entry in incident["logbook"])
    seconds = len(hearing.sides(answer.content)[0]) / hearing.RATE
    assert seconds == pytest.approx(recording["duration"], abs=0.05)
    assert is_as_long(recording, call, phone)
    return answer.content


async def a_short_recorded_call(station: Station, place: int) -> str:
    """The id of a call that somebody answered, and whose recording is kept."""
    account, number = sites.fresh("V"), sites.number(place)
    await sites.put(station, account, sites.site(account, sites.premises(account, number)))
    await station.phone(number, "answer", after_s=0, keys="2580#www1")
    await station.send(account, "BA", "3")
    incident = await recorded(station, account)
    return str(incident["recordings"][0]["id"])


async def verify(station: Station) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callflow",
        "logbook",
        "verify",
        env=station.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_a_changed_and_a_missing_recording_are_found_and_named(station: Station) -> None:
    calls = await asyncio.gather(*(a_short_recorded_call(station, place) for place in (22, 23)))
    changed, missing = ((station.data_dir / "recordings").glob(f"*/{call}.wav") for call in calls)
    (changed_file,), (missing_file,) = sorted(changed), sorted(missing)
    kept = {file: file.read_bytes() for file in (changed_file, missing_file)}
    try:
        sound = bytearray(kept[changed_file])
        sound[len(sound) // 2] ^= 1  # one bit of one sample
        changed_file.write_bytes(bytes(sound))
        missing_file.unlink()
        code, said = await verify(station)
        assert code == 1
        assert all(call in said for call in calls), said
    finally:
        for file, whole in kept.items():
            file.write_bytes(whole)
