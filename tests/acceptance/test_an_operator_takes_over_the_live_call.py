"""*Take* stops the machine and offers its live call (D20): the person reaches a desk phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from callflow import demo_sites
from tests.support.station import Station

PREMISES = demo_sites.number("1005", 0)
DESK = demo_sites.DESK_PHONES[0]


async def test_an_operator_takes_over_the_live_call(tmp_path: Path) -> None:
    async with Station(tmp_path) as station:
        await station.phone(PREMISES, "answer", after_s=0)  # picks up, and types nothing
        await station.send("1005", "BA", "3")
        incident = (await station.incident("1005"))["id"]
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

        await station.until(lambda: calls("bridge", state="answered"))
        desk = await station.seen(DESK)
        assert [call["ended_at"] for call in desk] == [None]
        # The person was not called again, and is still in the same call.
        people = await station.seen(PREMISES)
        assert [call["ended_at"] for call in people] == [None]

        await station.until(lambda: calls("bridge", outcome="operator"), within=90)

        async def is_closed() -> bool:
            return (await station.api.post(f"{path}/close", json={"code": "other"})).is_success

        await station.until(is_closed)
