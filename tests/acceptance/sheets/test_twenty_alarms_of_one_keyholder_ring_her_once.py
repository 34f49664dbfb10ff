"""A keyholder behind twenty alarms is called once, and her one answer counts for each (D10)."""

from __future__ import annotations

import asyncio

import pytest

from callflow.core.plans.call_plan import Plan, Step, StepKind
from tests.support.stations.sheet_station import SheetStation

pytestmark = pytest.mark.asyncio(loop_scope="package")

PLAN = Plan(
    id="many",
    version=1,
    name="Panne de secteur",
    steps=(
        Step(
            id="owner",
            kind=StepKind.CALL_LIST,
            outcomes={"known_cause": "known_cause"},
        ),
        Step(id="known_cause", kind=StepKind.CLOSE, code="known_cause"),
    ),
)


async def test_one_ring_and_twenty_closures(station: SheetStation) -> None:
    people = [await station.site(PLAN, "keyholder", kind="intrusion") for _ in range(20)]
    accounts = [found["account"][0] for found in people]
    owner = station.new_number()
    contact = {"id": "owner", "name": "Propriétaire", "role": "keyholder", "phone": owner}
    for account in accounts:
        body = (await station.api.get(f"/sites/{account}")).json()
        body["contacts"] = [{**contact, "code": "2580", "authorities": {"*": ["cancel"]}}]
        await station.put(f"/sites/{account}", body)
    await station.phone(owner, "answer", after_s=20, keys="2580#www6")
    await asyncio.gather(*(station.send(account) for account in accounts))
    for account in accounts:
        await station.closed(account, "known_cause")
    assert len(await station.seen(owner)) == 1
