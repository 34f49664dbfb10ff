"""The bank's sheet: nothing rings at the branch; an operator's call reaches the police at once."""

from __future__ import annotations

import pytest

from callflow import clock
from tests.support.rows.sheets import sheet
from tests.support.stations.sheet_station import SheetStation, quick

#: Seconds for which the premises ring, by the station's settings, where nobody hangs up.
RINGS_FOR = 30
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


async def test_a_burglary_that_was_there_before_rings_no_more(station: SheetStation) -> None:
    """Two alarms at a bank: whichever came first, the mute one's rule holds for both (D29)."""
    people = await station.site(quick(sheet("bank")), "premises", "keyholder", kind="hold_up")
    (account,), (premises,), (keyholder,) = (
        people[part] for part in ("account", "premises", "keyholder")
    )
    await station.phone(premises, "ring")
    await station.send(account, "BA")
    await station.until(lambda: station.seen(premises))
    await station.send(account, "HA")

    async def is_silent() -> bool:
        return all(call["ended_at"] is not None for call in await station.seen(premises))

    await station.until(is_silent)
    burglary = next(i for i in await station.incidents(account=account) if i["kind"] != "hold_up")
    (rang,) = await station.seen(premises)
    lasted = clock.from_iso(rang["ended_at"]) - clock.from_iso(rang["at"])
    assert lasted.total_seconds() < RINGS_FOR, "it was hung up, and did not ring to its end"
    assert (await station.api.post(f"/incidents/{burglary['id']}/claim")).is_success
    for place in (1, 2):  # an operator's click neither
        asked = {"contact": f"{account}-{place}"}
        answer = await station.api.post(f"/incidents/{burglary['id']}/call", json=asked)
        assert answer.status_code == 409
    assert await station.rung(premises, keyholder) == [premises]
