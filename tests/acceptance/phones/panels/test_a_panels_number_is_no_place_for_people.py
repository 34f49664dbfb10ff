"""Who calls the panels' number and is no panel hears tones, and the line ends by itself."""

from __future__ import annotations

import pytest

from tests.support.outside.panel_phone import (
    HIGH_HZ,
    KISS_OFF_S,
    LOW_HZ,
    Panel,
    panel_at,
    tones_heard,
)
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.rows.panel_rows import calls_of
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Handshakes until the line ends.
HANDSHAKES = 4


@together
async def test_the_line_of_who_is_silent_ends_by_itself(station: Station, phones: Phones) -> None:
    caller = await panel_at(phones, sites.number(80), noise=0)
    await caller.calls()
    await hears_tones_and_no_more(station, caller)


@together
async def test_the_line_of_who_speaks_ends_by_itself(station: Station, phones: Phones) -> None:
    caller = await panel_at(phones, sites.number(81), noise=0)
    await caller.calls()
    caller.phone.plays(await caller.phone.voice.prompt("one_moment", "fr"), "voice")
    await hears_tones_and_no_more(station, caller)


async def hears_tones_and_no_more(station: Station, caller: Panel) -> None:
    await caller.phone.is_hung_up(within=60)
    tones = tones_heard(caller.phone.call.heard, LOW_HZ, HIGH_HZ)
    assert [tone.hertz for tone in tones] == [LOW_HZ, HIGH_HZ] * (len(tones) // 2)
    assert len(tones) <= 2 * HANDSHAKES
    assert all(tone.seconds < KISS_OFF_S for tone in tones), "no kiss-off"
    (call,) = await calls_of(station, caller.number)
    assert call["outcome"] == "no_key"
