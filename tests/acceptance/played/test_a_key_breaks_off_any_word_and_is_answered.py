"""A key is taken during any word: the words end at once and its answer comes. Only last words,
which ask for nothing, are said to their end: a key pressed twice must not cost what was noted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones.mouth import FRAME, FRAME_S
from tests.support.rows import sites
from tests.support.sip.sip_players import Players
from tests.support.stations.played_station import PlayedCall, PlayedStation, called

pytestmark = pytest.mark.asyncio(loop_scope="package")

WRITTEN = {"written": "fr"}
#: What is said before the code, and after it: each is broken off early, and late, in a call.
ASKED: dict[str, dict[str, Any]] = {
    "greeting": {"station": "Callflow"},
    "recognition": {"word": "coquelicot"},
    "ask_code": {},
}
TOLD: dict[str, dict[str, Any]] = {
    "code_ok": {},
    "situation": {"kind": Kind.INTRUSION},
    "site": {"site": "Fromagerie du Vallon", **WRITTEN},
    "address": {"address": "9 rue des Carmes, 35000 Rennes", **WRITTEN},
    "zone_named": {"zone": "3", "name": "Chambre froide", **WRITTEN},
    "offer_false_alarm": {},
    "offer_operator": {},
}
VALUES = {**ASKED, **TOLD}
EARLY, LATE = 0.1, 0.7
#: Seconds, or as much sound where Asterisk was held up: it heard the key's end and had a packet
#: under way.
STOPS_WITHIN = 0.08
#: Calls until a key leaves while the words are still said: this process may be held up.
TRIES = 3


async def breaks_off(call: PlayedCall, key: str, part: float) -> bool:
    """Types what is asked for once this part of a prompt was heard. False: too late to tell, its
    words were over before the key could be taken."""
    keys, answer = ("2580#", "code_ok") if key in ASKED else ("1", "key_false_alarm")
    if key in TOLD:
        await call.hears("greeting", EARLY, **VALUES["greeting"])
        await call.player.types("2580#")
    await call.hears(key, part, **VALUES[key])
    first = await call.player.types(keys[0])
    if keys[1:]:
        await call.player.types(keys[1:])
    answered = await call.hears(answer, 0.5)
    stopped = call.is_silent(first + STOPS_WITHIN, answered)
    assert stopped or call.sounding(first, answered) <= STOPS_WITHIN / FRAME_S, f"{key} went on"
    return part == LATE or call.words(key, **VALUES[key]) not in call.heard


async def test_a_key_breaks_off_any_word_and_is_answered(
    played: tuple[PlayedStation, Players],
) -> None:
    cases = [(key, part) for key in VALUES for part in (EARLY, LATE)]

    async def had(place: int, key: str, part: float) -> None:
        for number in range(600 + place, 600 + TRIES * len(cases), len(cases)):
            if await breaks_off(await called(played, sites.number(number)), key, part):
                return
        raise AssertionError(f"{key} was not broken off")

    await asyncio.gather(*(had(place, *case) for place, case in enumerate(cases)))


async def test_last_words_are_said_to_their_end_and_a_zero_in_them_brings_a_human(
    played: tuple[PlayedStation, Players],
) -> None:
    for place in range(680, 680 + TRIES):
        call = await called(played, sites.number(place))
        if await says_zero_in_the_last_words(call):
            break
    else:
        raise AssertionError("the zero ended no last word")
    await call.hears("key_operator", EARLY)
    await call.player.types("0")
    await call.hears("hold_the_line")
    assert call.words("key_operator") in call.heard
    assert call.words("goodbye") not in call.heard


async def says_zero_in_the_last_words(call: PlayedCall) -> bool:
    """False: they were over before the key left, and with them the call."""
    await call.hears("greeting", EARLY, **VALUES["greeting"])
    await call.player.types("2580#")
    await call.hears("situation", EARLY, **VALUES["situation"])
    await call.player.types("1")
    await call.hears("key_false_alarm", EARLY)
    await call.player.types("1")
    await call.hears("goodbye", EARLY)
    assert call.words("key_false_alarm") in call.heard
    await call.player.types("0")
    return not call.player.over.is_set() and call.words("goodbye") not in call.heard


async def test_the_first_syllable_of_a_call_is_heard_after_a_silence(
    played: tuple[PlayedStation, Players],
) -> None:
    call = await called(played, sites.number(691))
    await call.hears("greeting", **VALUES["greeting"])
    # By its sound: when a packet came tells little where Asterisk was held up.
    before = call.heard[: call.heard.index(call.words("greeting", **VALUES["greeting"]))]
    assert len(before) * FRAME_S / FRAME > 0.25
    assert not before.strip(b"\xd5")
