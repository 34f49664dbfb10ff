"""A rehearsal calls the client's real people, who hear first that it is an exercise."""

from __future__ import annotations

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


@together
async def test_a_keyholder_hears_that_it_is_an_exercise_before_anything_else(
    station: Station, phones: Phones
) -> None:
    account = sites.fresh("X")
    shop = await phones.at(sites.number(90))
    await sites.put(station, account, sites.site(account, sites.premises(account, shop.number)))
    asked = await station.api.post("/plans/intrusion/rehearse", json={"site": account})
    assert asked.status_code == 201, asked.text
    again = await station.api.post("/plans/intrusion/rehearse", json={"site": account})
    assert again.status_code == 409

    await shop.picks_up()
    said = await shop.expect_prompt("exercise")
    greeting = await shop.expect_prompt("greeting", station="Callflow")
    assert said.at < greeting.at
    await shop.expect_prompt("ask_code", first_s=1.5)
    await shop.types("2580#")
    await shop.expect_prompt("code_ok")
    await shop.expect_prompt("exercise")
    await shop.expect_prompt("situation", kind=Kind.INTRUSION)
    await shop.expect_prompt("offer_false_alarm")
    await shop.types("1")
    await shop.is_hung_up()

    await station.until(lambda: station.incidents(account=account, state="filed"))
    incident = await station.incident(account)
    assert incident["exercise"]
    assert (incident["state"], incident["resolution_code"]) == ("filed", "false_alarm")
    assert "EXERCICE" in incident["logbook"][0]["text"]
    assert [call["outcome"] for call in incident["calls"]] == ["verified_ok"]
    assert len(await station.seen(shop.number)) == 1
