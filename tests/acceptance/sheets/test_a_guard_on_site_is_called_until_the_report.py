"""A guard by phone, from *on site* to the report; between them the machine asks if all is well.

What rings the guard is counted at the far end.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.phones.phone import Phone, phones_of
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

LOOK = {"id": "look", "kind": "send_guard", "outcomes": {"all_clear": "end"}}
END = {"id": "end", "kind": "close", "code": "nothing_found"}
FIRM, GUARD, OUTWARD = sites.number(481), sites.number(482), sites.number(483)
POSTCODE = "99310"


async def calls_in(phone: Phone) -> None:
    """The guard calls: the network shows his number."""
    await phone.calls_the_station(GUARD)
    await phone.expect_prompt("welcome", station="Callflow")
    await phone.expect_prompt("ask_code")
    await phone.types("258000#")


async def test_a_guard_is_asked_if_all_is_well_and_reports(
    station: Station, tmp_path: Path
) -> None:
    async with phones_of(station, tmp_path) as phones:
        firm = {"name": "Vigie", "licence": "AUT-1", "phone": FIRM, "sectors": [POSTCODE]}
        await station.put("/guard-firms/vigie", firm)
        member = {"name": "Gil", "phone": GUARD, "code": "258000"}
        await station.put("/firms/vigie/members/gil", member)
        await station.put("/plans/look", {"id": "look", "name": "look", "steps": [LOOK, END]})
        account = sites.typable("96")
        await sites.put(
            station, account, sites.site(account, plans={"intrusion": "look"}, postcode=POSTCODE)
        )
        await station.phone(FIRM, "answer", after_s=1, keys="www1")
        guard, caller = await phones.at(GUARD), await phones.at(OUTWARD)

        await station.send(account, "BA", "3")
        await station.until(lambda: said(station, account, "guard_accepted"), within=60)
        await calls_in(caller)
        await caller.expect_prompt("menu_on_site")
        await caller.types("1")
        await caller.expect_prompt("visit_on_site")
        caller.hangs_up()
        await caller.is_hung_up()

        await guard.picks_up(within=60)
        await guard.expect_prompt("ask_code")
        await guard.types("258000#")
        await guard.expect_prompt("all_well")
        await guard.types("1")
        await guard.expect_prompt("goodbye")
        await guard.is_hung_up()
        assert guard.rung == 1
        incident = await station.incident(account)
        assert not incident["with_human"]

        await calls_in(caller)
        await caller.expect_prompt("menu_report")
        await caller.types("1")
        await caller.expect_prompt("report_where")
        await caller.types("3")
        await caller.expect_prompt("report_clear")
        await caller.types("1")
        await caller.expect_prompt("report_rearmed")
        await caller.types("1")
        await caller.expect_prompt("report_kept")
        caller.hangs_up()
        await caller.is_hung_up()
        incident = await station.incident(account)
        assert incident["resolution_code"] == "nothing_found"
        assert guard.rung == 1


async def said(station: Station, account: str, kind: str) -> bool:
    found = await station.incidents(account=account)
    return bool(found) and kind in {
        entry["kind"] for entry in (await station.incident(account))["logbook"]
    }
