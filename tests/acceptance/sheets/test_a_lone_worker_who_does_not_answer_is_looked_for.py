"""The lone worker's sheet: the device, a colleague who goes and looks, then medical help."""

from __future__ import annotations

import pytest

from tests.support.rows.sheets import sheet
from tests.support.stations.sheet_station import SheetStation, quick

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_colleague_goes_and_medical_help_is_called(station: SheetStation) -> None:
    people = await station.site(
        quick(sheet("lone_worker")), "device", "keyholder", "keyholder", kind="medical"
    )
    (account,), (device,) = people["account"], people["device"]
    near, far = people["keyholder"]
    await station.directory("medical")
    await station.phone(device, "ring")
    await station.phone(near, "answer", after_s=1, keys="www1")  # no code: seconds count
    await station.phone(far, "ring")
    await station.send(account, "MA")
    incident, _ = await station.task(account, "report")
    assert incident["with_human"]
    assert await station.rung(device) == [device, device]
    rung = await station.rung(near, far)
    assert rung.count(near) == 1  # the other one, who lets it ring, may be rung until near says 1
    assert set(rung) == {near, far}
    await station.does(account, "report", "confirmed", text="au sol, conscient")
    await station.task(account, "medical")
    said = {"answer": "accepted", "person": "SAMU", "reference": "M3"}
    assert (await station.acts(account, "services/medical/report", **said)).is_success
    incident = await station.at_step(account, "follow")
    assert incident["state"] == "open"
