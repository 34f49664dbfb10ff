"""A detector is out of order: the technician is called, the fault is established with its cause and
appointment, the zone is out of service until then, the alarm filed; a reason ends the fault."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from callflow import clock
from tests.support.pages import ends
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.stations.desk import Desks
from tests.support.stations.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.deep]

NAME = "Imprimerie des Quais"


async def test_a_technical_fault(
    station: Station, phones: Phones, desks: Desks, tmp_path: Path
) -> None:
    account, technician = sites.fresh("T"), await phones.at(sites.fresh_number())
    firm = sites.contact(account, "Alarmes du Port", technician.number, role="maintenance")
    await ends.site(station, account, NAME, firm, kind="technical")
    desk = await desks.of("timothee", 1130.0)
    alarm = ends.Alarm(station, desk, account, NAME)
    page, hands = desk.page, alarm.hands
    await alarm.arrives(("BT", "3"))
    await hands.press("y")
    await technician.picks_up()
    await desk.is_in_call()
    await alarm.hangs_up(technician)
    await hands.used_no_mouse()

    await alarm.goes("zone", "Établir le défaut")
    text = page.locator("form[action='/faults'] [name=text]")
    await hands.tab_to(text)
    await hands.type("détecteur muet")
    await hands.press("Enter")
    fault = page.locator(".fault")
    await hands.tab_to(fault.locator("details[id^=change-] > summary"))
    await hands.press("Enter", "Tab")
    await hands.type("pile vide")
    appointment = fault.locator("[name=appointment]")
    await hands.tab_to(appointment)
    # As a browser types it depends on the language of its own.
    await appointment.fill(f"{clock.now() + timedelta(days=1):%Y-%m-%dT09:00}")
    await hands.press("Enter")
    await expect(fault.locator(".facts")).to_contain_text("09:00")

    await desk.opens((await station.incident(account))["id"])
    await hands.leave_the_mouse()
    await alarm.protects("zone 3 hors service", kind="zo")
    await alarm.closes("d", "technical", "pile du détecteur, technicien demain")
    await alarm.takes_again()
    await alarm.closes("d", "technical", "pile du détecteur, technicien demain")
    incident = await alarm.is_filed()
    await hands.used_no_mouse()
    assert incident["resolution_code"] == "technical"
    said = await alarm.reports(tmp_path)
    assert "pile vide" in said["firm"]

    await page.goto(f"{station.url}/faults?site={account}")
    await hands.leave_the_mouse()
    await fault.locator("details[id^=end-] > summary").focus()
    await hands.press("Enter", "Tab")
    await hands.type("pile changée, essai fait")
    await hands.press("Enter")
    await expect(fault.locator(".facts")).to_contain_text("pile changée")
    await hands.used_no_mouse()
    assert technician.rung == 1
