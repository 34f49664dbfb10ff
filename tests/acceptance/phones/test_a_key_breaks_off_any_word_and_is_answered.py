"""A key is taken during any word: the words end at once and its answer comes. Only last words,
which ask for nothing, are said to their end: a key pressed twice must not cost what was noted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from callflow.signal import Kind
from tests.support import sites
from tests.support.played_station import PlayedCall, PlayedStation, called, played_station
from tests.support.sip_players import Players

pytestmark = pytest.mark.asyncio(loop_scope="module")

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
#: Seconds: Asterisk heard the key's end and had a packet under way.
STOPS_WITHIN = 0.08


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[PlayedStation, Players]]:
    async with played_station(tmp_path_factory.mktemp("station")) as both:
        yield both


async def breaks_off(call: PlayedCall, key: str, part: float) -> None:
    """Types what is asked for once this part of a prompt was heard."""
    keys, answer = ("2580#", "code_ok") if key in ASKED else ("1", "key_false_alarm")
    if key in TOLD:
        await call.hears("greeting", EARLY, **VALUES["greeting"])
        await call.player.types("2580#")
    await call.hears(key, part, **VALUES[key])
    first = await call.player.types(keys[0])
    if keys[1:]:
        await call.player.types(keys[1:])
    answered = await call.hears(answer, 0.5)
    if part == EARLY:  # late, the words may be over before the key is
        assert call.words(key, **VALUES[key]) not in call.heard, f"{key} was not broken off"
    assert call.is_silent(first + STOPS_WITHIN, answered), f"{key} went on"


async def test_a_key_breaks_off_any_word_and_is_answered(
    played: tuple[PlayedStation, Players],
) -> None:
    cases = [(key, part) for key in VALUES for part in (EARLY, LATE)]
    calls = [await called(played, sites.number(600 + place)) for place in range(len(cases))]
    await asyncio.gather(
        *(breaks_off(call, *case) for call, case in zip(calls, cases, strict=True))
    )


async def test_last_words_are_said_to_their_end_and_a_zero_in_them_brings_a_human(
    played: tuple[PlayedStation, Players],
) -> None:
    call = await called(played, sites.number(690))
    await call.hears("greeting", EARLY, **VALUES["greeting"])
    await call.player.types("2580#")
    await call.hears("situation", EARLY, **VALUES["situation"])
    await call.player.types("1")
    await call.hears("key_false_alarm", EARLY)
    await call.player.types("1")
    await call.hears("goodbye", EARLY)
    assert call.words("key_false_alarm") in call.heard
    await call.player.types("0")
    await call.hears("key_operator", EARLY)
    await call.player.types("0")
    await call.hears("hold_the_line")
    assert call.words("key_operator") in call.heard
    assert call.words("goodbye") not in call.heard


async def test_the_first_syllable_of_a_call_is_heard_after_a_silence(
    played: tuple[PlayedStation, Players],
) -> None:
    call = await called(played, sites.number(691))
    began = await call.hears("greeting", **VALUES["greeting"])
    first = call.player.heard[0].at
    assert began - first > 0.25
    assert call.is_silent(first - 1, began)
