"""A new version is published while a keyholder's phone rings: the alarm goes on as it began."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callflow.core.calls.on_call import Who
from callflow.core.plans.call_plan import Plan, Step, StepKind, to_json
from callflow.core.sites.site import Role
from tests.support.stations.sheet_station import SheetStation

pytestmark = pytest.mark.asyncio(loop_scope="package")

CALL = Step(
    id="call", kind=StepKind.CALL_LIST, ring_s=6.0, delay_s=0.0, outcomes={"exhausted": "hand"}
)
HAND = Step(id="hand", kind=StepKind.HAND_TO_OPERATOR)
BEFORE = Plan(id="edited", version=1, name="Nuit", steps=(CALL, HAND))
AFTER = replace(BEFORE, steps=(replace(CALL, who=(Who(role=Role.MANAGER),)), HAND))
PEOPLE = ("keyholder", "keyholder", "manager")


async def test_the_running_alarm_keeps_its_plan(station: SheetStation) -> None:
    running, next_one = [await station.site(BEFORE, *PEOPLE, kind="intrusion") for _ in range(2)]
    for people in (running, next_one):
        for phone in (*people["keyholder"], *people["manager"]):
            await station.phone(phone, "ring")
    (account,), (first, second) = running["account"], running["keyholder"]
    await station.send(account)
    await station.until(lambda: station.seen(first), within=30)

    draft = await station.api.put("/plans/edited/draft", json=to_json(AFTER))
    assert draft.is_success, draft.text
    published = await station.api.post(
        "/plans/edited/draft/publish",
        json={"why": "Le responsable d'abord"},
        headers={"If-Match": draft.headers["ETag"]},
    )
    assert published.json()["version"] == 2, published.text

    await station.send(next_one["account"][0])
    for people in (running, next_one):
        incident = await station.at_step(people["account"][0], "hand")
        assert incident["with_human"]
    everybody = (*running["keyholder"], *running["manager"])
    assert await station.rung(*everybody) == [first, second]
    everybody = (*next_one["keyholder"], *next_one["manager"])
    assert await station.rung(*everybody) == next_one["manager"]
