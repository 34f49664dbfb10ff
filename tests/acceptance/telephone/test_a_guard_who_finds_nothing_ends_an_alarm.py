"""Nobody is reached: the guard looks, finds nothing and says so; the panel restores, and the alarm
files itself. By keys alone; its report says when the guard came and what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pages import ends
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.stations.desk import Desks
from tests.support.stations.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.deep]

NAME = "Pressing de l’Horloge"


async def test_a_guard_finds_nothing(
    station: Station, phones: Phones, desks: Desks, tmp_path: Path
) -> None:
    account, guard = sites.fresh("G"), sites.fresh_number()
    keyholder = await phones.at(sites.fresh_number())
    people = (
        sites.contact(account, "Camille", keyholder.number),
        sites.contact(account, "Ouest Garde", guard, role="guard"),
    )
    await ends.site(station, account, NAME, *people)
    await station.phone(guard, "answer", after_s=1, keys="2580#www1")
    await station.send(account, "CL", "1")
    desk = await desks.of("garance", 1130.0)
    alarm = ends.Alarm(station, desk, account, NAME)
    await alarm.arrives(("BA", "3"))
    await alarm.sends_a_guard(guard)
    await alarm.the_guard_reports(traces=False)
    await alarm.panel("BR", "3")
    await alarm.closes("lev", "nothing_found", "rien à signaler, issues fermées")
    incident = await alarm.is_filed()
    await alarm.hands.used_no_mouse()

    assert incident["resolution_code"] == "nothing_found"
    assert len(await station.seen(guard)) == 1
    assert keyholder.rung == 0
    said = await alarm.reports(tmp_path)
    for words in said.values():
        assert NAME in words
    assert "issues fermées" in said["full"]
