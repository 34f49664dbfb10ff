"""kill -9 of the supervisor: its roles end with it, Asterisk and its calls don't."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callflow.core.signals.signal import Kind as Alarm
from callflow.processes.supervisor import ROLES
from ivr.asterisk.instance import Kind
from tests.support.attacks import chaos
from tests.support.attacks.chaos import CODE, RINGS, Town
from tests.support.phones.phone import Phone, phones_of
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.timeout(300)
async def test_a_killed_supervisor_ends_no_call(station: Station, tmp_path: Path) -> None:
    async with phones_of(station, tmp_path) as phones:
        town = Town(station, letter="S")
        await town.open(ring_s=60)
        silent = (RINGS, RINGS, RINGS)  # but for those whose telephone is real
        talks, rings = [await town.site(story, silent) for story in ("talks", "rings")]
        patient, later = await phones.all_at(
            [town.number(account, 0) for account in (talks, rings)]
        )
        await town.alarm(talks)
        await patient.picks_up()
        await patient.expect_prompt("ask_code", first_s=1)
        await town.alarm(rings)
        await later.rings()
        before = {kind: chaos.asterisk_pid(station, kind) for kind in Kind}

        await station.crash()
        await station.until(lambda: not any(map(station.pids, ROLES)))
        assert [chaos.alive(pid) for pid in before.values()] == [True, True]
        for account in (talks, rings):
            (call,) = chaos.far_end_now(station, town.number(account, 0))
            assert call.ended_at is None, "the call lives on without us"

        await later.answers()  # while nobody is there
        # The voice that fell silent begs pardon when it is back; the other never spoke yet. Both
        # are back before the pages are, and who types nothing until then is called again.
        await asyncio.gather(station.start(), _says(patient, "pardon"), _says(later, "ask_code"))
        assert {kind: chaos.asterisk_pid(station, kind) for kind in Kind} == before
        await station.until(town.all_over, within=120)
        await chaos.no_channel_left(station, within=60)
        incidents = await town.incidents()
        assert [c["outcome"] for i in incidents for c in i["calls"]] == ["verified_ok"] * 2
        assert [i["resolution_code"] for i in incidents] == ["false_alarm"] * 2
        await chaos.far_end(station)
        await chaos.verified(station)


async def _says(phone: Phone, prompt: str) -> None:
    """A false alarm, once the line asks again."""
    await phone.expect_prompt(prompt, within=120)
    await phone.types(f"{CODE}#")
    await phone.expect_prompt("situation", kind=Alarm.INTRUSION)
    await phone.types("1")
