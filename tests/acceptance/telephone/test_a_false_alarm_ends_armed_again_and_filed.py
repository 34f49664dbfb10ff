"""The end that a shift meets most: the keyholder says it was they and has the site armed again, the
alarm files itself when the panel says so; by keys alone, and its report says who did what."""

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

NAME = "Quincaillerie du Faubourg"


async def test_a_false_alarm(
    station: Station, phones: Phones, desks: Desks, tmp_path: Path
) -> None:
    account = sites.fresh("F")
    keyholder = await phones.at(sites.fresh_number())
    person = sites.contact(account, "Camille", keyholder.number, password="Été indien")
    await ends.site(station, account, NAME, person)
    await station.send(account, "CL", "1")
    desk = await desks.of("faustine", 1130.0)
    alarm = ends.Alarm(station, desk, account, NAME)
    await alarm.arrives(("BA", "3"))
    await alarm.calls("Camille", keyholder, password="ete indien")
    await alarm.panel("OP", "1")  # they go in and disarm
    await alarm.panel("BR", "3")
    await alarm.closes("fau", "false_alarm", "la dépositaire est entrée sans désarmer")
    await expect(alarm.line("arming")).to_be_visible()
    await alarm.takes_again()
    await alarm.does("arming", "Faire remettre en marche")
    await keyholder.picks_up(times=2)
    await desk.is_in_call()
    await alarm.panel("CL", "1")
    await alarm.hangs_up(keyholder)
    incident = await alarm.is_filed()
    await alarm.hands.used_no_mouse()

    assert incident["resolution_code"] == "false_alarm"
    assert len(await station.seen(keyholder.number)) == 2
    said = await alarm.reports(tmp_path)
    for words in said.values():
        assert NAME in words
    assert "sans désarmer" in said["full"]
    print(tmp_path, f"{alarm.hands.presses} keys")
