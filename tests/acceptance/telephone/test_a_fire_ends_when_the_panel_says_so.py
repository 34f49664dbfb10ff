"""Fire: its service is called and says that it comes, the manager is told; filed when the detector
is restored, and not before."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.pages import ends
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.stations.desk import Desks
from tests.support.stations.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.deep]

NAME = "Menuiserie des Tanneurs"
PLACE = "95"


async def test_a_fire(station: Station, phones: Phones, desks: Desks, tmp_path: Path) -> None:
    account = sites.fresh("I")
    fire, manager = await phones.all_at([sites.fresh_number(), sites.fresh_number()])
    await ends.site(
        station,
        account,
        NAME,
        sites.contact(account, "Dominique", manager.number, role="manager", password="Chêne"),
        postcode=f"{PLACE}100",
        kind="fire",
    )
    line = {"id": "e-fire", "service": "fire", "name": "CODIS", "number": fire.number}
    await station.put("/services", {"lines": [{**line, "place": PLACE}]})
    desk = await desks.of("irene", 1130.0)
    alarm = ends.Alarm(station, desk, account, NAME)
    await alarm.arrives(("FA", "3"))
    await alarm.calls_the_service(fire, "Opérateur du CODIS", "F-207")
    await alarm.calls("Dominique", manager, password="chene")
    await alarm.closes("aut", "authorities", "copeaux en feu, éteint par les pompiers")
    await expect(alarm.line("zone")).to_be_visible()
    assert (await station.incident(account))["state"] == "awaiting_normal"
    await alarm.panel("FR", "3")
    incident = await alarm.is_filed()
    await alarm.hands.used_no_mouse()

    assert incident["resolution_code"] == "authorities"
    assert [fire.rung, manager.rung] == [1, 1]
    said = await alarm.reports(tmp_path)
    assert "F-207" in said["full"]
