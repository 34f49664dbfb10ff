"""Nobody is on shift: a caller rings the desks, then the duty number, counted in the network."""

from __future__ import annotations

from pathlib import Path

from tests.support import hearing
from tests.support.phone import phones_of
from tests.support.station import DESKS, DUTY, PATIENCE, Station

CALLER = "+33639987021"
TONE_HZ = 880.0


async def test_nobody_at_the_desks_rings_the_duty_number(tmp_path: Path) -> None:
    (tmp_path / "phones").mkdir()
    async with Station(tmp_path / "station", PATIENCE) as station:
        for number in DESKS:
            await station.phone(number, "busy", after_s=0)
        async with phones_of(station, tmp_path / "phones") as phones:
            duty = await phones.at(DUTY)
            caller = await phones.at("+33639980091")
            await caller.asks_for_an_operator(CALLER)
            await duty.picks_up(within=60)
            rung = {number: len(await station.seen(number)) for number in (*DESKS, DUTY)}
            assert rung == {DESKS[0]: 1, DESKS[1]: 1, DUTY: 1}
            await duty.expect_prompt("offer_connect")
            await duty.types("1")
            await duty.expect_prompt("connecting")
            duty.plays(hearing.tone(TONE_HZ, seconds=2), "tone")
            await caller.hears_tone(TONE_HZ)
            caller.hangs_up()
            await duty.is_hung_up()
