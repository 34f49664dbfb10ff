"""A code under duress is answered exactly like the right one, and escalates in silence (D7)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones import hearing
from tests.support.phones.packet_phone import PacketPhone
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

SILENCE = b"\xd5"

#: Two calls at once, so often until their pace is the same: the quickest of each kind is compared,
#: for a busy machine only adds to it, and the station always would.
LEAST, MOST = 2, 6
#: Seconds by which it is the same: until the code is answered, of the menu, after the 1.
SAME = (0.15, 0.1, 0.3)


@dataclass(frozen=True)
class Heard:
    """``words``: what sounded after the code, without the silences between; ``pace``: seconds until
    it was answered, of the menu, after the 1."""

    words: bytes
    pace: tuple[float, float, float]


def same_pace(pairs: Sequence[tuple[Heard, Heard]]) -> bool:
    """Whether the quickest of each part took as long under duress as without."""
    parts = [zip(*(call.pace for call in kind), strict=True) for kind in zip(*pairs, strict=True)]
    free, forced = ([min(part) for part in kind] for kind in parts)
    print(f"right code: {free}, under duress: {forced}")
    return all(abs(a - b) <= same for a, b, same in zip(free, forced, SAME, strict=True))


async def cancels(phone: PacketPhone, code: str, times: int) -> Heard:
    """Types ``code`` in the phone's so many-th call, hears the whole menu, then types 1."""
    await phone.picks_up(times=times)
    await phone.expect_prompt("ask_code")
    await phone.types(f"{code}#")
    answer = await phone.expect_prompt("code_ok")
    await phone.expect_prompt("situation", kind=Kind.INTRUSION)
    menu = await phone.expect_prompt("offer_operator")
    await phone.types("1")
    noted = await phone.expect_prompt("key_false_alarm")
    await phone.is_hung_up()
    line = phone.line
    return Heard(
        bytes(line.sound[line.byte(answer.at) :]).replace(SILENCE, b""),
        (
            answer.at - phone.call.typed[len(code)][1],
            menu.end - answer.at,
            line.length / hearing.RATE - noted.at,
        ),
    )


@together
async def test_the_same_words_at_the_same_pace_and_only_the_operators_know(
    station: Station, phones: Phones
) -> None:
    people = await phones.all_at([sites.number(31), sites.number(32)])
    keyholder = sites.number(33)
    await station.phone(keyholder, "answer", after_s=0)
    pairs: list[tuple[Heard, Heard]] = []
    for times in range(1, MOST + 1):
        free, forced = sites.fresh("D"), sites.fresh("D")
        for account, person in zip((free, forced), people, strict=True):
            await sites.put(
                station,
                account,
                sites.site(
                    account,
                    sites.premises(account, person.number),
                    sites.contact(account, "Camille", keyholder),
                ),
            )
        await asyncio.gather(station.send(free, "BA", "3"), station.send(forced, "BA", "3"))
        pair = await asyncio.gather(
            cancels(people[0], "2580", times), cancels(people[1], "2581", times)
        )
        pairs.append(pair)
        await only_the_operators_know(station, free, forced)
        assert len({call.words for call in pair}) == 1, "other words under duress"
        if len(pairs) >= LEAST and same_pace(pairs):
            break
    else:
        raise AssertionError("another pace under duress")
    assert await station.seen(keyholder) == []  # nothing rings any more


async def only_the_operators_know(station: Station, free: str, forced: str) -> None:
    calm = await station.incident_after_calls(free)
    alarm = await station.incident_after_calls(forced)
    assert (calm["state"] == "open", calm["resolution_code"]) == (False, "false_alarm")
    assert alarm["state"] == "open"
    assert alarm["with_human"]
    assert alarm["category"] == "vital"
    assert [call["outcome"] for call in alarm["calls"]] == ["duress"]
    await station.closes_personal(alarm["id"])
