"""Who calls the panels' number and is no panel hears tones, and the line ends by itself."""

from __future__ import annotations

import pytest

from tests.support import sites
from tests.support.hearing import Samples
from tests.support.panel_phone import HIGH_HZ, KISS_OFF_S, LOW_HZ, panel_at, tones_heard
from tests.support.panel_rows import calls_of
from tests.support.phone import Phones
from tests.support.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear]

#: Handshakes until the line ends.
HANDSHAKES = 4


@pytest.mark.parametrize("place", [80, 81], ids=["silence", "a voice"])
async def test_the_line_ends_by_itself(station: Station, phones: Phones, place: int) -> None:
    caller = await panel_at(phones, sites.number(place), noise=0)
    await caller.calls()
    if place == 81:
        caller.phone.plays(await _speech(caller.phone.voice.prompt), "voice")
    await caller.phone.is_hung_up(within=60)

    tones = tones_heard(caller.phone.call.heard, LOW_HZ, HIGH_HZ)
    assert [tone.hertz for tone in tones] == [LOW_HZ, HIGH_HZ] * (len(tones) // 2)
    assert len(tones) <= 2 * HANDSHAKES
    assert all(tone.seconds < KISS_OFF_S for tone in tones), "no kiss-off"
    (call,) = await calls_of(station, caller.number)
    assert call["outcome"] == "no_key"


async def _speech(prompt: object) -> Samples:
    """A person who talks on: the product's own voice."""
    assert callable(prompt)
    sound: Samples = await prompt("one_moment", "fr")
    return sound
