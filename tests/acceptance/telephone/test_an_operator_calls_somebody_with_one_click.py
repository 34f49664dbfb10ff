"""Click to call: the operator's own telephone, then the person, and both hear each other, also when
the page was loaded again."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.phones import hearing
from tests.support.phones.phone import Phones
from tests.support.rows import sites
from tests.support.stations.desk import Desks
from tests.support.stations.station import Station

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.ear]

CLIENT_HZ, OPERATOR_HZ = 620.0, 1130.0


async def test_an_operator_calls_somebody_with_one_click(
    station: Station, phones: Phones, desks: Desks
) -> None:
    account = sites.fresh("T")
    person = await phones.at(sites.fresh_number())
    await sites.put(
        station,
        account,
        sites.site(
            account,
            sites.contact(account, "Camille", None),
            sites.contact(account, "Dominique", person.number, role="maintenance"),
        ),
    )
    desk = await desks.of("alice", OPERATOR_HZ)
    await station.send(account, "BA", "3")
    incident = await station.incident(account)
    await desk.opens(incident["id"])
    await desk.presses("a")
    await desk.page.get_by_role("button", name="Appeler Dominique").click()

    await person.picks_up()
    await desk.is_in_call()
    person.plays(hearing.tone(CLIENT_HZ, seconds=2), "tone")
    await asyncio.gather(person.hears_tone(OPERATOR_HZ), desk.hears_tone(CLIENT_HZ))

    await desk.page.reload()
    await desk.is_connected()
    await desk.speaks_and_hears(packets=100)
    await asyncio.gather(person.hears_tone(OPERATOR_HZ), desk.hears_tone(CLIENT_HZ))
    assert not person.call.over

    await desk.presses("F4")
    await person.is_hung_up()
    await desk.is_free()

    async def outcomes() -> list[str]:
        shown = (await station.api.get(f"/incidents/{incident['id']}")).json()
        theirs = [call for call in shown["calls"] if call["to"] == person.number]
        return [call["outcome"] for call in theirs if call["ended_at"]]

    await station.until(outcomes)
    assert await outcomes() == ["operator"]
    assert len(await station.seen(person.number)) == 1
