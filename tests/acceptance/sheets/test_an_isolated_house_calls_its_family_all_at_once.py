"""The house's sheet: images first; without any, the site, then the whole family at once."""

from __future__ import annotations

import pytest

from tests.support.rows.sheets import sheet
from tests.support.stations.sheet_station import SheetStation, quick

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_one_of_the_family_knows_and_the_other_phone_stops_ringing(
    station: SheetStation,
) -> None:
    people = await station.site(
        quick(sheet("house")), "premises", "keyholder", "keyholder", kind="intrusion"
    )
    (account,), (house,) = people["account"], people["premises"]
    one, other = people["keyholder"]
    await station.phone(house, "busy", after_s=0)
    await station.phone(one, "answer", after_s=5, keys="2580#www1")
    await station.phone(other, "ring")
    await station.send(account)
    await station.closed(account, "false_alarm")
    assert await station.rung(house) == [house, house]
    (answered,), (rang, *_) = await station.seen(one), await station.seen(other)
    assert rang["at"] < answered["answered_at"]  # both rang before anybody answered
    assert rang["answered_at"] is None
    incident = await station.incident(account)
    assert incident["tasks"][0]["outcome"] == "failed"  # it has no camera
