"""A whole station in shadow decides as a live one whose people did the same, and the network sees
not one call of it: two stations with their Asterisks, side by side.

The same with every outcome, in a clock that is moved by hand, is handling's
(tests/integration/handling/watch/test_shadow.py).
"""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.bench.kit import pace
from tests.support.rows import sites
from tests.support.stations.station import PATIENCE, Station

#: An hour at 25 a minute has 1,500 alarms: CALLFLOW_TEST_ALARMS asks for so many, and pytest's
#: `-o faulthandler_timeout=7000` lets them take that long.
ALARMS, EVERY_S = int(os.environ.get("CALLFLOW_TEST_ALARMS", "16")), 60 / 25

pytestmark = [pytest.mark.deep, pytest.mark.timeout(900 + 10 * ALARMS)]

#: What a phone does, and what a call to it ends with. At the first sixteen sites both phones do
#: whatever two can.
DEEDS: tuple[tuple[dict[str, Any], str], ...] = (
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
#: Of a site's alarm: each call's step, number, attempt and outcome; whether a human has it, whether
#: it is closed, and by which code.
Decided = tuple[list[tuple[str, str, int, str]], bool, bool, str | None]


def account(place: int) -> str:
    return f"S{place:04d}"


def phones(place: int) -> tuple[str, str]:
    """The premises' and the keyholder's, of the range kept for fiction."""
    return f"+3363998{2000 + 2 * place:04d}", f"+3363998{2001 + 2 * place:04d}"


def deeds() -> dict[str, tuple[dict[str, Any], str]]:
    """What each number does."""
    does = {}
    for place in range(ALARMS):
        shop, person = phones(place)
        does[shop] = DEEDS[place % len(DEEDS)]
        does[person] = DEEDS[place // len(DEEDS) % len(DEEDS)]
    return does


async def has_sites(station: Station) -> None:
    """One for each alarm."""
    await station.put(f"/plans/{PLAN['id']}", PLAN)
    for place in range(ALARMS):
        name, (shop, person) = account(place), phones(place)
        contacts = sites.premises(name, shop), sites.contact(name, "Camille", person)
        await sites.put(station, name, sites.site(name, *contacts, plans={"*": PLAN["id"]}))
    for number, (does, _) in deeds().items():
        await station.phone(number, **does)


async def night(station: Station) -> dict[str, Decided]:
    """An alarm at every site, 25 a minute; what was decided at each."""
    await has_sites(station)

    async def alarm(place: int) -> None:
        await station.send(account(place), "BA", "3")

    await pace.run([EVERY_S * place for place in range(ALARMS)], alarm)
    decided: dict[str, Decided] = {}

    async def is_decided(name: str) -> bool:
        incident = (await station.incident(name))["id"]
        shown = (await station.api.get(f"/incidents/{incident}")).json()
        calls = [
            (call["step"], call["to"], call["attempt"], call["outcome"]) for call in shown["calls"]
        ]
        decided[name] = (
            calls,
            shown["with_human"],
            bool(shown["closed_at"]),
            shown["resolution_code"],
        )
        ended = all(outcome is not None for *_, outcome in calls)
        return bool(calls) and ended and (shown["with_human"] or bool(shown["closed_at"]))

    for place in range(ALARMS):
        await station.until(partial(is_decided, account(place)), within=600)
    return decided


async def test_a_station_in_shadow_decides_the_same_and_calls_nobody(tmp_path: Path) -> None:
    calm = {**PATIENCE, "CALLFLOW_RING_TIME": "6"}
    listed = tmp_path / "calls.csv"
    lines = [f"{number},{outcome},0,1" for number, (_, outcome) in deeds().items()]
    listed.write_text("\n".join(["number,outcome,ring_s,talk_s", *lines]), encoding="utf-8")
    shadow = {**calm, "CALLFLOW_SHADOW": "true", "CALLFLOW_SHADOW_CALLS": str(listed)}
    async with (
        Station(tmp_path / "live", calm) as live,
        Station(tmp_path / "shadow", shadow) as station,
    ):
        theirs, mine = await asyncio.gather(night(live), night(station))
        called = [(to, outcome) for calls, *_ in theirs.values() for _, to, _, outcome in calls]
        rung = [call["to"] for call in await live.seen() if call["to"] in deeds()]
        assert await station.seen() == []
        health = (await station.api.get("/health")).json()
    assert (health["shadow"], health["live_calls"]) == (True, 0)
    assert sorted(rung) == sorted(to for to, _ in called)
    assert {outcome for _, outcome in called} == {outcome for _, outcome in DEEDS}
    print(f"{ALARMS} alarms, {len(called)} calls: each rang live, and none in shadow")
    assert mine == theirs
