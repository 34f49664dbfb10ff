"""The factory's sheet: the gatehouse, the fire service, then every manager, who each confirm."""

from __future__ import annotations

import pytest

from tests.support.rows.sheets import sheet
from tests.support.stations.sheet_station import SheetStation, quick

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_the_gatehouse_is_silent_and_all_managers_confirm(station: SheetStation) -> None:
    people = await station.site(
        quick(sheet("factory")), "premises", "manager", "manager", "keyholder", kind="fire"
    )
    (account,), (gatehouse,) = people["account"], people["premises"]
    told = [*people["manager"], *people["keyholder"]]
    await station.directory("fire")
    await station.phone(gatehouse, "voicemail", after_s=1)
    for called in told:
        await station.phone(called, "answer", after_s=1, keys="2580#www1")
    await station.send(account, "FA")
    incident, _ = await station.task(account, "fire_service")
    assert incident["with_human"]
    said = {"answer": "accepted", "person": "CODIS", "reference": "F7"}
    assert (await station.acts(account, "services/fire/report", **said)).is_success
    incident = await station.at_step(account, "operator")
    assert sorted(await station.rung(*told)) == sorted(told)
    outcomes = {c["to"]: c["outcome"] for c in incident["calls"] if c["step"] == "managers"}
    assert outcomes == dict.fromkeys(told, "acknowledged")
    assert await station.rung(gatehouse) == [gatehouse]
