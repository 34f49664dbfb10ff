"""However many alarms wait, each trunk keeps its reserve: a fire is dialled at once beside them."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.rows import sites
from tests.support.sip.trunks import TRUNKS, TrunkStation

pytestmark = pytest.mark.asyncio(loop_scope="package")

FREE = {str(t["name"]): int(t["channels"]) - int(t["reserved"]) for t in TRUNKS}  # type: ignore[call-overload]
FLOOD = 12


async def test_reserved_channels_are_kept_for_vital_alarms(station: TrunkStation) -> None:
    flood = [(sites.fresh("R"), sites.number(200 + n)) for n in range(FLOOD)]
    fire, fire_phone = sites.fresh("F"), sites.number(250)
    for account, phone in [*flood, (fire, fire_phone)]:
        await station.site(account, phone, behaviour="ring")
    for account, _ in flood:
        await station.send(account, "BA", "3")
    numbers = {phone for _, phone in flood}

    async def ringing() -> Counter[str]:
        """How many of the flood ring on each trunk, at the far end."""
        return Counter(
            call["trunk"]
            for call in await station.seen()
            if call["to"] in numbers and call["ended_at"] is None
        )

    async def are_full() -> bool:
        return (await ringing()) == FREE

    await station.until(are_full)
    await station.send(fire, "FA", "3")
    await station.until(lambda: station.seen(fire_phone))
    now = await ringing()
    assert all(now[name] <= FREE[name] for name in now), "the flood took of the reserve"
    (call,) = await station.seen(fire_phone)
    assert call["trunk"] == "alpha"

    for account, _ in [*flood, (fire, fire_phone)]:
        await station.take(account)

    for account, _ in [*flood, (fire, fire_phone)]:
        await station.ended(account, 0)  # the next test finds its channel free
