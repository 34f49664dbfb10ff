"""200 second attempts wait for four channels, fires among them: a new fire is dialled next.

A fast run has it of forty in the rows: tests/integration/handling/calls/test_trunks.py.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from callflow import clock
from ivr.asterisk.instance import Instance, Kind
from ivr.asterisk.simulator import Phone, Simulator
from tests.support.rows import sites
from tests.support.sip.trunks import TrunkStation

CHANNELS, WAITING = 4, 200
#: The second attempts come when all the first ones are over.
PAUSE = 80
TWICE = {
    "id": "twice",
    "name": "Deux appels",
    "steps": [
        {
            "id": "site",
            "kind": "counter_call",
            "attempts": 2,
            "delay_s": PAUSE,
            "outcomes": {"verified_ok": "operator", "exhausted": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator"},
    ],
}


@pytest.mark.deep
@pytest.mark.timeout(420)
async def test_a_new_fire_passes_waiting_repeats(tmp_path: Path) -> None:
    station = TrunkStation(tmp_path)
    station.use([{"name": "alpha", "channels": CHANNELS, "reserved": 0}])
    async with station:
        network = Simulator(Instance(kind=Kind.SIMULATOR, data_dir=station.data_dir))
        await station.put("/plans/twice", TWICE)
        flood = [(sites.fresh("P"), sites.number(400 + n)) for n in range(WAITING)]
        fire, fire_phone = sites.fresh("F"), sites.number(399)
        for part in range(0, WAITING, 10):
            await asyncio.gather(*(_site(station, *one) for one in flood[part : part + 10]))
        await _site(station, fire, fire_phone)
        _all_do(network, flood, "busy")
        _all_do(network, [(fire, fire_phone)], "ring")

        for place, (account, _) in enumerate(flood):
            await station.send(account, "FA" if place % 2 else "BA", "3")
        await station.until(lambda: _over(network) >= WAITING, within=PAUSE)
        _all_do(network, flood, "ring")
        await station.until(lambda: _repeats_waiting(station) > 0.75 * WAITING, within=2 * PAUSE)

        at = clock.now()
        await station.send(fire, "FA", "3")
        await station.until(lambda: station.seen(fire_phone))
        invites = [call for call in network.calls() if call.at > at]
        before = [call.to for call in invites].index(fire_phone)
        # A channel that came free before the fire stood in the rows may have gone to a repeat.
        assert before <= CHANNELS, "only what was on its way when it came"
        assert _repeats_waiting(station) > 0.5 * WAITING, "too few waited for it to mean anything"


async def _site(station: TrunkStation, account: str, phone: str) -> None:
    plans = {"security": "twice", "fire": "twice"}
    body: dict[str, Any] = sites.site(account, sites.premises(account, phone), plans=plans)
    await sites.put(station, account, body)


def _all_do(network: Simulator, flood: list[tuple[str, str]], behaviour: str) -> None:
    for _, phone in flood:
        network.set_phone(Phone(number=phone, behaviour=behaviour, after_s=0))


def _over(network: Simulator) -> int:
    """How many calls the network has seen to their end."""
    return sum(call.ended_at is not None for call in network.calls())


def _repeats_waiting(station: TrunkStation) -> int:
    """How many second attempts stand in the rows, and no channel is free for them."""
    with closing(sqlite3.connect(f"file:{station.data_dir}/callflow.db?mode=ro", uri=True)) as rows:
        query = "SELECT count(*) FROM call WHERE attempt = 2 AND state = 'requested'"
        return int(rows.execute(query).fetchone()[0])
