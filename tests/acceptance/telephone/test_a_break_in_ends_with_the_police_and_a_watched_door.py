"""The guard finds traces, which verifies it; the police give a reference; the zone that was broken
stays open, so that a guard watches it until its end. Filed by hand, and the measure lives on."""

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

NAME = "Orfèvrerie des Arcades"
PLACE = "96"


async def test_a_break_in(station: Station, phones: Phones, desks: Desks, tmp_path: Path) -> None:
    account, guard = sites.fresh("B"), sites.fresh_number()
    police = await phones.at(sites.fresh_number())
    await ends.site(
        station,
        account,
        NAME,
        sites.contact(account, "Ouest Garde", guard, role="guard"),
        postcode=f"{PLACE}100",
    )
    line = {"id": "e-police", "service": "police", "name": "CIC", "number": police.number}
    await station.put("/services", {"lines": [{**line, "place": PLACE}]})
    await station.phone(guard, "answer", after_s=1, keys="2580#www1")
    await station.send(account, "CL", "1")
    desk = await desks.of("baptiste", 1130.0)
    alarm = ends.Alarm(station, desk, account, NAME)
    await alarm.arrives(("BA", "3"))
    await alarm.sends_a_guard(guard)
    await alarm.the_guard_reports(traces=True)
    await alarm.calls_the_service(police, "Brigade de nuit", "17-311")
    await alarm.protects("vitrine gardée jusqu’au vitrier")
    await alarm.closes("aut", "authorities", "vitrine brisée, rien d’emporté")
    await expect(alarm.line("measure")).to_be_visible()
    await alarm.takes_again()
    await alarm.closes("aut", "authorities", "vitrine brisée, rien d’emporté")
    incident = await alarm.is_filed()
    await alarm.hands.used_no_mouse()

    assert incident["resolution_code"] == "authorities"
    assert len(await station.seen(police.number)) == 1
    (measure,) = (await station.api.get(f"/sites/{account}/measures")).json()["items"]
    assert measure["text"].startswith("vitrine gardée")
    said = await alarm.reports(tmp_path)
    assert "17-311" in said["full"]
