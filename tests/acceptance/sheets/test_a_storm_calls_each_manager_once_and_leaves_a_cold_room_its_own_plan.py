"""A power cut holds its town's plans for a while; then each runs, one ring a manager (D10, D28).

The operator files the storm meanwhile, which ends nothing of a site that is still in alarm.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from callflow import clock
from callflow.core.plans.call_plan import Plan, Step, StepKind
from tests.support.stations.sheet_station import STORM_S, SheetStation

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Mains wait for their restore first (D9), then somebody must know.
MAINS = Plan(
    id="mains",
    version=1,
    name="Coupure de secteur",
    steps=(
        Step(
            id="restored",
            kind=StepKind.WAIT,
            limit_s=STORM_S,
            restore=True,
            outcomes={"elapsed": "manager"},
        ),
        Step(id="manager", kind=StepKind.CALL_LIST, outcomes={"known_cause": "known_cause"}),
        Step(id="known_cause", kind=StepKind.CLOSE, code="known_cause"),
    ),
)
COLD_ROOM = replace(MAINS, id="cold-room", name="Chambre froide")


async def test_one_ring_a_manager_and_the_cold_rooms_own(station: SheetStation) -> None:
    shops = [await station.site(MAINS, "keyholder", kind="power") for _ in range(3)]
    accounts = [shop["account"][0] for shop in shops]
    manager = station.new_number()
    for account in accounts:
        body = (await station.api.get(f"/sites/{account}")).json()
        one = {"id": "manager", "name": "Gérante", "role": "keyholder", "phone": manager}
        body["contacts"] = [{**one, "code": "2580", "authorities": {"*": ["cancel"]}}]
        await station.put(f"/sites/{account}", body)
    cold = await station.site(COLD_ROOM, "keyholder", kind="power")
    (room,), (cook,) = cold["account"], cold["keyholder"]
    for number in (manager, cook):
        await station.phone(number, "answer", after_s=4, keys="2580#www6")

    await asyncio.gather(*(station.send(one, "AT", "") for one in (*accounts, room)))
    storms: list[str] = []

    async def gathered() -> bool:
        found = [one for one in await station.incidents() if one["storm"]]
        storms.extend({one["storm"] for one in found if one["account"] == room})
        return len(found) == 4

    await station.until(gathered)
    storm = storms[-1]
    for act, body in (("claim", {}), ("close", {"code": "technical", "text": "le quartier"})):
        answer = await station.api.post(f"/incidents/{storm}/{act}", json=body)
        assert answer.is_success, answer.text
    assert (await station.incident(room))["state"] == "open"

    for account in (*accounts, room):
        await station.closed(account, "known_cause")
    assert sorted(await station.rung(manager, cook)) == sorted([manager, cook])
    begun = clock.from_iso((await station.incident(room))["opened_at"])
    for called in (manager, cook):  # not before the storm was over
        (call,) = await station.seen(called)
        assert (clock.from_iso(call["at"]) - begun).total_seconds() >= STORM_S
