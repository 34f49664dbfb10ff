"""Nobody is on shift: a caller rings the desks, then the duty number, counted in the network."""

from __future__ import annotations

import pytest

from tests.support.phones import hearing
from tests.support.phones.phone import Phones
from tests.support.phones.together import at_the_desks
from tests.support.rows import sites
from tests.support.stations.station import DESKS, DUTY, Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

CALLER = "+33639987021"
TONE_HZ = 880.0


async def rung(station: Station) -> dict[str, int]:
    return {number: len(await station.seen(number)) for number in (*DESKS, DUTY)}


@at_the_desks
async def test_nobody_at_the_desks_rings_the_duty_number(station: Station, phones: Phones) -> None:
    before = await rung(station)
    for number in DESKS:
        await station.phone(number, "busy", after_s=0)
    try:
        duty = await phones.at(DUTY)
        caller = await phones.at(sites.number(722))
        await caller.asks_for_an_operator(CALLER)
        await duty.picks_up(within=60)
        once = {number: times + 1 for number, times in before.items()}
        assert await rung(station) == once
        await duty.expect_prompt("offer_connect")
        await duty.types("1")
        await duty.expect_prompt("connecting")
        duty.plays(hearing.tone(TONE_HZ, seconds=2), "tone")
        await caller.hears_tone(TONE_HZ)
        caller.hangs_up()
        await duty.is_hung_up()
    finally:
        for number in DESKS:
            await station.phone(number, "ring")
