"""kill -9 of the web in the middle of a dialogue, and again whenever it is begun anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.attacks import chaos
from tests.support.attacks.chaos import CODE, RINGS, Town
from tests.support.stations.station import Station

pytestmark = pytest.mark.asyncio(loop_scope="package")

SAYS = {"behaviour": "answer", "after_s": 1, "keys": f"wwww{CODE}#wwww1"}


@pytest.mark.timeout(180)
async def test_a_dead_web_changes_no_call(station: Station) -> None:
    town = Town(station, letter="W")
    await town.open()
    # The same words are said in each call.
    first, second, third = [
        await town.site("answers", (SAYS, RINGS, RINGS), name="Moulin") for _ in range(3)
    ]
    await town.alarm(first)
    await _is_over(town, first)
    await town.alarm(second)
    await station.until(lambda: chaos.answered(station, town.number(second, 0)))
    async with chaos.kept_dead(station, "web"):
        await station.until(lambda: chaos.listener(station.base) is None)
        await _is_over(town, second)
        await town.alarm(third)
        await _is_over(town, third)
        assert chaos.listener(station.base) is None, "all of it came without the web"
    await station.until(lambda: chaos.listener(station.base), within=30)
    with_it, in_call, without = await town.incidents()
    assert with_it["resolution_code"] == "false_alarm"
    assert [call["outcome"] for call in with_it["calls"]] == ["verified_ok"]
    assert _story(town, in_call) == _story(town, with_it)
    assert _story(town, without) == _story(town, with_it)


async def _is_over(town: Town, account: str) -> None:
    """The plan has closed its incident, as the rows say; its premises were called once."""

    def closed() -> bool:
        sql = "SELECT 1 FROM incident WHERE account = ? AND resolution_code IS NOT NULL"
        return bool(chaos.query(town.station, sql, account))

    await town.station.until(closed, within=60)
    (call,) = chaos.far_end_now(town.station, town.number(account, 0))
    assert call.answered_at is not None


def _story(town: Town, incident: dict[str, Any]) -> list[tuple[str, str]]:
    """What was told of it, each step, key and outcome in their order, but for whose it is and for
    how long its recording lasts."""
    number, account = town.number(incident["account"], 0), incident["account"]
    told = [(e["kind"], e["text"]) for e in incident["logbook"] if e["kind"] != "recording"]
    return [(kind, text.replace(number, "…").replace(account, "…")) for kind, text in told]
