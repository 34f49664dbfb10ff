"""A technician's walk test: each detector that he trips is said to him, and a mail sums it up."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def running(station: Station, account: str) -> list[dict[str, Any]]:
    answer = await station.api.get(f"/sites/{account}/on-test")
    return [test for test in answer.json()["items"] if test["ended_at"] is None]


@together
async def test_a_technician_hears_what_he_trips(station: Station, phones: Phones) -> None:
    account = sites.typable("97")
    tech, firm = await phones.at(sites.number(471)), f"{account}-firm"
    keeps = sites.contact(
        account, "Firm", sites.number(472), role="maintenance", authorities={"*": ["set_on_test"]}
    )
    keeps["id"] = firm
    await sites.put(station, account, sites.site(account, keeps))
    member = {"name": "Technician", "phone": tech.number, "code": "258000"}
    await station.put(f"/firms/{firm}/members/{account}-tech", member)

    await tech.calls_the_station()
    await tech.expect_prompt("welcome", station="Callflow")
    await tech.expect_prompt("ask_code")
    await tech.types("258000#")
    await tech.expect_prompt("ask_site")
    await tech.types(f"{account}#")
    await tech.expect_prompt("menu_walk")
    await tech.types("4")
    await tech.expect_prompt("ask_hours")
    await tech.types("1")
    await tech.expect_prompt("walk_listening")
    assert len(await running(station, account)) == 1

    for code, kind in (("BA", Kind.INTRUSION), ("TA", Kind.TAMPER)):
        await station.send(account, code, "3")
        await tech.expect_prompt("walk_signal", kind=kind)
        await tech.expect_prompt("zone_named", zone="3", name="Chambre froide", written="fr")
    assert await station.incidents(account=account) == []

    await tech.types("1")
    await tech.expect_prompt("test_ended")
    await tech.expect_prompt("walk_count", count="2")
    await tech.expect_prompt("walk_unsent")
    tech.hangs_up()
    await tech.is_hung_up()
    assert await running(station, account) == []
