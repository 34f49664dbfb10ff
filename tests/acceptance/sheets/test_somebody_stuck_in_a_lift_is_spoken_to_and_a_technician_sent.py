"""The lift's sheet: the cabin first, by an operator; then a technician, whose delay is watched. The
cabin is called back, and answers, before anybody may say that it is empty."""

from __future__ import annotations

import pytest

from tests.support.rows.sheets import sheet
from tests.support.stations.sheet_station import SheetStation, quick

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_the_cabin_speaks_with_an_operator_and_the_second_technician_goes(
    station: SheetStation,
) -> None:
    people = await station.site(
        quick(sheet("lift")), "device", "maintenance", "maintenance", kind="lift"
    )
    (account,), (cabin,) = people["account"], people["device"]
    busy, free = people["maintenance"]
    await station.directory("fire")
    await station.phone(cabin, "answer", after_s=1, keys="wwwwwwwwwwwwwwh")
    await station.phone("+33639989901", "answer", after_s=1, keys="1wwwwwwwwwwwwwwwwww")
    await station.phone(busy, "answer", after_s=1, keys="2580#www2")
    await station.phone(free, "answer", after_s=1, keys="2580#www1")
    before = len(await station.seen("+33639989901"))
    await station.api.put(
        f"/sites/{account}",
        json={
            **(await station.api.get(f"/sites/{account}")).json(),
            "zones": [{"account": account, "zone": "9", "name": "Cabine", "kind": "lift"}],
        },
    )
    await station.send(account, "BA", "9")
    incident, _ = await station.task(account, "freed")
    assert incident["kind"] == "lift"
    assert await station.rung(cabin, busy, free) == [cabin, busy, free, cabin]
    assert len(await station.seen("+33639989901")) > before  # a human was brought to the cabin
    spoken = [c["outcome"] for c in incident["calls"] if c["to"] == cabin]
    assert spoken == ["operator", "operator"]
    await station.does(account, "freed", "done", text="sortie, tout va bien")
    await station.closed(account, "intervention")
