"""A client in alarm calls before we do, cancels it with its cause, and nobody else is woken."""

from __future__ import annotations

import pytest

from callflow.core.signals.signal import Kind
from tests.support.phones.phone import Phones
from tests.support.phones.together import together
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")


@together
async def test_a_client_cancels_an_alarm_and_nobody_else_is_called(
    station: Station, phones: Phones
) -> None:
    account = sites.fresh("M")
    client, busy, next_one = await phones.at(sites.number(62)), sites.number(63), sites.number(64)
    await station.phone(busy, "ring")
    await sites.put(
        station,
        account,
        sites.site(
            account,
            sites.contact(account, "Noam", busy, rank=1),
            sites.contact(account, "Camille", client.number, rank=2),
            sites.contact(account, "Lou", next_one, rank=3),
        ),
    )
    await station.send(account, "BA", "3")

    async def rings() -> bool:
        return len(await station.seen(busy)) == 1

    await station.until(rings, 20)
    await client.calls_the_station()
    await client.expect_prompt("welcome", station="Callflow")
    await client.types("2580#")
    await client.expect_prompt("state_alarm", kind=Kind.INTRUSION)
    await client.types("1")
    await client.expect_prompt("cancel_why")
    await client.types("2")
    await client.expect_prompt("cancel_done")
    incident = await station.incident(account)
    assert (incident["state"], incident["resolution_code"]) == ("awaiting_normal", "technical")
    whole = (await station.api.get(f"/incidents/{incident['id']}")).json()
    told = [entry["text"] for entry in whole["logbook"]]
    assert any("Camille reconnu par son code" in text for text in told)
    assert any("Annulée au téléphone par Camille" in text for text in told)
    client.hangs_up()
    await client.is_hung_up()
    called = {to: len(await station.seen(to)) for to in (busy, client.number, next_one)}
    assert called == {busy: 1, client.number: 0, next_one: 0}
