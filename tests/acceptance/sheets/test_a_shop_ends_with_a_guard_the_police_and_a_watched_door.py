"""The shop's sheet: nobody on site, a keyholder sends the guard, who finds traces."""

from __future__ import annotations

import pytest

from tests.support.rows.sheets import sheet
from tests.support.stations.sheet_station import SheetStation, quick

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_the_guard_finds_traces_and_the_police_comes(station: SheetStation) -> None:
    people = await station.site(
        quick(sheet("shop")), "premises", "keyholder", "keyholder", "guard", kind="intrusion"
    )
    (account,), (shop,), (first, second) = (
        people["account"],
        people["premises"],
        people["keyholder"],
    )
    (guard,) = people["guard"]
    await station.directory("police")
    await station.phone(shop, "ring")
    await station.phone(first, "busy", after_s=0)
    await station.phone(second, "answer", after_s=1, keys="2580#www4")
    await station.phone(guard, "answer", after_s=1, keys="2580#www1")
    await station.send(account)
    await station.until(lambda: station.seen(guard), within=60)
    assert await station.rung(shop, first, second, guard) == [shop, shop, first, second, guard]

    await station.guard_says(account, "guard", "on_site")
    await station.guard_says(account, "guard", "report", inside=True, traces=True)
    await station.task(account, "police")
    incident = await station.incident(account)
    found = (await station.api.get(f"/incidents/{incident['id']}/services")).json()
    # What the guard saw is the verification: nobody types it twice.
    assert [(v["means"], v["result"]) for v in found["verifications"]] == [("guard", "confirmed")]
    assert [g["allowed"] for g in found["gates"] if g["service"] == "police"] == [True]
    said = {"answer": "accepted", "person": "CIC", "reference": "A12"}
    assert (await station.acts(account, "services/police/report", **said)).is_success

    await station.closed(account, "authorities")
    manager = "gerant@magasin.example"
    await station.until(lambda: [one for one in station.mails.letters if one["To"] == manager])
    assert [letter["To"] for letter in station.mails.letters].count(manager) == 1
    (measure,) = (await station.api.get(f"/sites/{account}/measures")).json()["items"]
    assert measure["kind"] == "guard_on_site"
