"""A whole station in shadow decides as a live one whose people did the same, and the network sees
not one call of it: two stations with their Asterisks, one after the other.

The comparison over an hour of alarms, in a clock that is moved by hand, is handling's
(tests/integration/handling/watch/test_shadow.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.rows import sites
from tests.support.stations.station import PATIENCE, Station

pytestmark = [pytest.mark.deep, pytest.mark.timeout(900)]

#: What a phone does, and what the list of calls says of it.
KINDS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"behaviour": "answer", "after_s": 0, "keys": "2580#w1h"}, "verified_ok"),
    ({"behaviour": "busy", "after_s": 0}, "busy"),
    ({"behaviour": "ring"}, "no_answer"),
    ({"behaviour": "refuse", "after_s": 0}, "refused"),
)
#: The premises, then the keyholder; then a human.
PLAN = {
    "id": "two-calls",
    "name": "Deux appels",
    "steps": [
        {
            "id": "site",
            "kind": "counter_call",
            "attempts": 1,
            "outcomes": {"verified_ok": "over", "exhausted": "keyholder"},
        },
        {
            "id": "keyholder",
            "kind": "call_list",
            "attempts": 1,
            "outcomes": {"verified_ok": "over", "exhausted": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator"},
        {"id": "over", "kind": "close", "code": "false_alarm"},
    ],
}


def people() -> Iterator[tuple[str, list[tuple[str, dict[str, Any], str]]]]:
    """(account, its two telephones: number, what it does, how a call to it ends)."""
    for place in range(len(KINDS) ** 2):
        pair = KINDS[place % len(KINDS)], KINDS[place // len(KINDS)]
        yield (
            f"S{place:02d}",
            [(sites.number(2 * place + which), *kind) for which, kind in enumerate(pair)],
        )


async def night(station: Station) -> dict[str, Any]:
    """An alarm at every site: {account: how each call ended, and what became of it}."""
    await station.put(f"/plans/{PLAN['id']}", PLAN)
    for account, ((shop, does, _), (person, also, _)) in people():
        contacts = sites.premises(account, shop), sites.contact(account, "Camille", person)
        site = sites.site(account, *contacts, plans={"*": PLAN["id"]})
        await sites.put(station, account, site)
        await station.phone(shop, **does)
        await station.phone(person, **also)
    for account, _ in people():
        await station.send(account, "BA", "3")
    decided: dict[str, Any] = {}

    async def over() -> bool:
        for account, _ in people():
            incident = await station.incident(account)
            shown = (await station.api.get(f"/incidents/{incident['id']}")).json()
            calls = [
                (call["step"], call["to"], call["attempt"], call["outcome"])
                for call in shown["calls"]
            ]
            if not calls or any(end is None for *_, end in calls):
                return False
            if not (shown["with_human"] or shown["closed_at"]):
                return False
            decided[account] = calls, shown["with_human"], shown["state"], shown["resolution_code"]
        return True

    await station.until(over, within=600)
    return decided


async def test_a_station_in_shadow_decides_the_same_and_calls_nobody(tmp_path: Path) -> None:
    calm = {**PATIENCE, "CALLFLOW_RING_TIME": "6"}
    async with Station(tmp_path / "live", calm) as live:
        theirs = await night(live)
        assert len(await live.seen()) == sum(len(calls) for calls, *_ in theirs.values())
    listed = tmp_path / "calls.csv"
    lines = [f"{number},{end},0,1" for _, both in people() for number, _, end in both]
    listed.write_text("\n".join(["number,outcome,ring_s,talk_s", *lines]), encoding="utf-8")
    shadow = {**calm, "CALLFLOW_SHADOW": "true", "CALLFLOW_SHADOW_CALLS": str(listed)}
    async with Station(tmp_path / "shadow", shadow) as station:
        mine = await night(station)
        assert await station.seen() == []
        health = (await station.api.get("/health")).json()
        assert (health["shadow"], health["live_calls"]) == (True, 0)
    assert mine == theirs
