"""*Take* stops the machine and offers its live call (D20): the person reaches a desk phone."""

from __future__ import annotations

from typing import Any

import pytest

from callflow.demo import sites as demo_sites
from tests.support.rows import sites
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

PREMISES = sites.number(471)
DESK = demo_sites.DESK_PHONES[0]


async def test_an_operator_takes_over_the_live_call(station: Station) -> None:
    account = sites.fresh("T")
    await sites.put(station, account, sites.site(account, sites.premises(account, PREMISES)))
    await station.phone(PREMISES, "answer", after_s=0, keys=f"{40 * 'w'}h")  # types nothing
    await station.phone(DESK, "answer", after_s=1, keys="ww1")
    before = len(await station.seen(DESK))
    await station.send(account, "BA", "3")
    incident = (await station.incident(account))["id"]
    path = f"/incidents/{incident}"

    async def calls(step: str, **wanted: str) -> list[dict[str, Any]]:
        shown = (await station.api.get(path)).json()["calls"]
        found = [c for c in shown if c["step"] == step]
        return [c for c in found if all(c[name] == value for name, value in wanted.items())]

    await station.until(lambda: calls("counter_call", state="answered"))
    live = (await calls("counter_call"))[0]
    early = await station.api.post(f"{path}/call", json={"call": live["id"]})
    assert early.status_code == 409  # who takes over must hold it
    assert (await station.api.post(f"{path}/claim")).is_success
    taken = await station.api.post(f"{path}/call", json={"call": live["id"]})
    assert taken.is_success, taken.text

    await station.until(lambda: calls("bridge", outcome="operator"), within=90)
    # The person was not called again, and was in the same call until the desk had answered.
    (desk,) = (await station.seen(DESK))[before:]
    await station.until(lambda: has_ended(station))
    (person,) = await station.seen(PREMISES)
    assert desk["answered_at"] < person["ended_at"]

    async def is_closed() -> bool:
        return (await station.api.post(f"{path}/close", json={"code": "other"})).is_success

    await station.until(is_closed)


async def has_ended(station: Station) -> bool:
    """Whether nobody speaks at the premises any more."""
    return all(call["ended_at"] for call in await station.seen(PREMISES))
