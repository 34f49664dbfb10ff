"""Three tones and three phones: who hears whom when a supervisor listens, whispers, barges in."""

from __future__ import annotations

import asyncio

import pytest

from tests.acceptance.telephone.conversations import (
    CLIENT_HZ,
    OPERATOR_HZ,
    OTHER_HZ,
    a_person_asks_for_an_operator,
    hear_each_other,
)
from tests.support.phones import hearing
from tests.support.phones.phone import Phones
from tests.support.stations.operators import Operators
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_supervisor_listens_whispers_and_barges_in(
    station: Station, phones: Phones, operators: Operators
) -> None:
    ines = await operators.of("paul", OPERATOR_HZ)
    account, person = await a_person_asks_for_an_operator(station, phones)
    await ines.answers()
    await hear_each_other(person, ines)
    boss = await operators.of("rose", OTHER_HZ, role="supervisor")

    await boss.clicks("listen")
    await boss.answers()
    await asyncio.gather(boss.hears_tone(CLIENT_HZ), boss.hears_tone(OPERATOR_HZ))
    listened_to = len(person.call.heard)
    assert not await ines.hears(OTHER_HZ, for_s=2)

    await boss.clicks("whisper")
    await boss.answers()
    await ines.hears_tone(OTHER_HZ)
    await boss.hears_tone(CLIENT_HZ)
    await person.hears_tone(OPERATOR_HZ)
    assert hearing.seconds_of_tone(person.call.heard[listened_to:], OTHER_HZ) < 0.2
    assert hearing.seconds_of_tone(person.call.heard[listened_to:], OTHER_HZ, share=0.1) < 0.2

    await boss.clicks("barge")
    await boss.answers()
    await person.hears_tone(OTHER_HZ, share=0.3)
    await asyncio.gather(boss.hears_tone(CLIENT_HZ), ines.hears_tone(CLIENT_HZ))

    await ines.hangs_up()  # the supervisor goes on alone
    await ines.is_free()
    await hear_each_other(person, boss)
    await boss.hangs_up()
    await person.is_hung_up()
    incident = await station.incident(account)
    told = (await station.api.get(f"/incidents/{incident['id']}")).json()["logbook"]
    assert {"listened_in", "whispered", "barged_in"} <= {entry["kind"] for entry in told}
