"""A code under duress is answered exactly like the right one, and escalates in silence (D7)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from callflow.signal import Kind
from tests.support import hearing, sites
from tests.support.hearing import Samples
from tests.support.phone import Phone, Phones
from tests.support.station import Station
from tests.support.together import together

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear]

#: Two calls at once, so often: each is measured by another process's clock.
PAIRS = 3
#: Seconds of sound that may be missing from a call that counts; so many pairs more, where not.
LOST, MORE = 0.1, 2


@dataclass
class Heard:
    """Seconds until the station answered the code; what was heard then, and after the 1."""

    wait: float
    menu: Samples
    end: Samples


def quickest(calls: Sequence[Heard]) -> Heard:
    """Of each part, the shortest: a busy machine only adds to it, and the station always would."""
    return Heard(
        min(call.wait for call in calls),
        min((call.menu for call in calls), key=len),
        min((call.end for call in calls), key=len),
    )


async def cancels(phone: Phone, code: str, times: int) -> Heard:
    """Types ``code`` in the phone's so many-th call, hears the whole menu, then types 1."""
    await phone.picks_up(times=times)
    await phone.expect_prompt("ask_code")
    await phone.types(f"{code}#")
    answer = await phone.expect_prompt("code_ok")
    await phone.expect_prompt("situation", kind=Kind.INTRUSION)
    menu_end = (await phone.expect_prompt("offer_operator")).end
    await phone.types("1")
    noted = await phone.expect_prompt("key_false_alarm")
    await phone.is_hung_up()
    heard = phone.call.heard
    return Heard(
        answer.at - phone.call.typed[len(code)][1],
        heard[int(answer.at * hearing.RATE) : int(menu_end * hearing.RATE)],
        heard[int(noted.at * hearing.RATE) :],
    )


@together
async def test_the_same_words_at_the_same_pace_and_only_the_operators_know(
    station: Station, phones: Phones
) -> None:
    people = await phones.all_at([sites.number(31), sites.number(32)])
    keyholder = sites.number(33)
    await station.phone(keyholder, "answer", after_s=0)
    pairs: list[tuple[Heard, Heard]] = []
    for times in range(1, PAIRS + MORE + 1):
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
        pairs += [pair] if max(person.call.lost for person in people) < LOST else []
        await only_the_operators_know(station, free, forced)
        if len(pairs) == PAIRS:
            break
    assert await station.seen(keyholder) == []  # nothing rings any more

    right, forced_one = (quickest(calls) for calls in zip(*pairs, strict=True))
    # One is found in the other: every piece within 50 ms of its place, to the last.
    assert len(hearing.find(right.menu, forced_one.menu)) == 1
    assert len(hearing.find(right.end, forced_one.end)) == 1
    assert len(forced_one.menu) == pytest.approx(len(right.menu), abs=0.1 * hearing.RATE)
    assert len(forced_one.end) == pytest.approx(len(right.end), abs=0.3 * hearing.RATE)
    assert forced_one.wait == pytest.approx(right.wait, abs=0.15)
    print(f"answer to the code: {right.wait * 1000:.0f} ms, forced {forced_one.wait * 1000:.0f} ms")


async def only_the_operators_know(station: Station, free: str, forced: str) -> None:
    calm = await station.incident_after_calls(free)
    alarm = await station.incident_after_calls(forced)
    assert (calm["state"] == "open", calm["resolution_code"]) == (False, "false_alarm")
    assert alarm["state"] == "open"
    assert alarm["with_human"]
    assert alarm["category"] == "vital"
    assert [call["outcome"] for call in alarm["calls"]] == ["duress"]
    await station.closes_personal(alarm["id"])
