"""The bank's sheet: nothing rings at the branch; an operator's call reaches the police at once."""

from __future__ import annotations

import pytest

from tests.support.sheet_station import SheetStation, quick
from tests.support.sheets import sheet

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_the_police_is_called_by_the_operator_and_nobody_else_rings(
    station: SheetStation,
) -> None:
    people = await station.site(
        quick(sheet("bank")), "premises", "keyholder", "manager", kind="hold_up"
    )
    (account,) = people["account"]
    police = (await station.directory("police"))["police"]
    await station.phone(police, "answer", after_s=1, keys="wwh")
    await station.send(account, "HA")
    await station.task(account, "police")
    await station.phone("+33639989901", "answer", after_s=1, keys="1wwwww")
    assert (await station.acts(account, "claim")).is_success
    assert (await station.acts(account, "services/police/call")).is_success
    await station.until(lambda: station.seen(police), within=60)
    said = {"answer": "accepted", "person": "CORG", "reference": "17-42"}
    assert (await station.acts(account, "services/police/report", **said)).is_success
    assert (await station.acts(account, "resume-plan")).is_success
    incident = await station.at_step(account, "follow")
    assert incident["state"] == "open"
    at_the_branch = [*people["premises"], *people["keyholder"], *people["manager"]]
    assert await station.rung(*at_the_branch) == []
    assert len(await station.seen(police)) == 1
