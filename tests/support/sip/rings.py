"""How often a phone rings, counted at the far end, while the machine is full or Asterisk stops.

Shared by the bench ``rings`` (thousands of calls, fifty stops) and its small form among the tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from callflow import clock
from callflow.core.calls.call import Dialogue
from callflow.handling.alarms import acting
from callflow.handling.alarms.acting import request_call
from callflow.handling.base import policy as base_policy
from callflow.storage import Tx
from ivr.asterisk import network_log
from ivr.asterisk.instance import Kind
from ivr.asterisk.network_log import SeenCall
from ivr.asterisk.simulator import Behaviour, Phone, Simulator
from tests.support.attacks import chaos
from tests.support.rows import sites
from tests.support.stations.station import Station

#: What the plans of both ask for, by number.
ATTEMPTS = 2
#: Everybody at once, each of whom refuses at once.
REFUSED: dict[str, Any] = {
    "id": "refused",
    "name": "Refused",
    "steps": [
        {
            "id": "all",
            "kind": "call_list",
            "mode": "all_at_once",
            "attempts": ATTEMPTS,
            "delay_s": 1,
            "ring_s": 10,
            "outcomes": {"exhausted": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator"},
    ],
}
#: The premises ring in vain.
HELD: dict[str, Any] = {
    "id": "held",
    "name": "Held",
    "steps": [
        {
            "id": "site",
            "kind": "counter_call",
            "attempts": ATTEMPTS,
            "delay_s": 1,
            "ring_s": 5,
            "outcomes": {"exhausted": "operator"},
        },
        {"id": "operator", "kind": "hand_to_operator"},
    ],
}
#: People of a site, and sites whose alarms come together.
PEOPLE, TOGETHER = 25, 6
#: Alarms around each stop of Asterisk.
AROUND = 3
#: Seconds for which a call that nobody hangs up rings.
RINGS_FOR = 60.0
#: Seconds that Asterisk stands still: below and above what the link to it bears.
STOPS = (3.0, 9.0)
#: Numbers kept for fiction that no other test has, each number's last digits from here on.
_REFUSED_FROM, _HELD_FROM, _HUNG_UP_FROM = 2000, 6000, 7000


@dataclass(frozen=True, kw_only=True)
class Rung:
    """``invites``: {number: how many the network saw}; ``outcomes`` of the station's call rows."""

    invites: dict[str, int]
    outcomes: Counter[str]

    def otherwise(self, wanted: int) -> dict[str, int]:
        """The numbers that were not called so often."""
        return {number: times for number, times in self.invites.items() if times != wanted}


@contextlib.contextmanager
def full_machine() -> Iterator[None]:
    """Each core has one process more that never waits."""
    command = [sys.executable, "-c", "while True: pass"]
    hogs = [subprocess.Popen(command) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


async def refused_at_once(station: Station, numbers: int, first: int = 0) -> Rung:
    """So many people (of ``PEOPLE`` a site) are called, and refuse before anything rings. Who calls
    again on the same network begins behind those of before (``first``)."""
    await station.put("/plans/refused", REFUSED)
    asked: list[str] = []
    accounts: list[str] = []
    last = first + numbers
    for begin in range(first, last, PEOPLE):
        people = [_number(_REFUSED_FROM + n) for n in range(begin, min(begin + PEOPLE, last))]
        accounts.append(await _site(station, "refused", people, Behaviour.BUSY))
        asked += people
    for begin in range(0, len(accounts), TOGETHER):
        some = accounts[begin : begin + TOGETHER]
        for account in some:
            await station.send(account)
        await station.until(functools.partial(_all_over, station, some), within=240)
    return _rung(station, asked, accounts)


async def asterisk_stops(
    station: Station, stops: int, chance: random.Random, first: int = 0
) -> Rung:
    """The station's Asterisk is stopped and goes on, as often, while calls begin; stops of before
    (``first``) had other numbers.

    What must hold is checked (``chaos.far_end``): never two calls to one number alive at once.
    """
    await station.put("/plans/held", HELD)
    places = range(first * AROUND, (first + stops) * AROUND)
    asked = [_number(_HELD_FROM + place) for place in places]
    accounts = [await _site(station, "held", [number], Behaviour.RING) for number in asked]
    for stop in range(stops):
        pid = chaos.asterisk_pid(station)
        alarms = asyncio.create_task(
            _alarms(station, accounts[stop * AROUND : (stop + 1) * AROUND], chance)
        )
        await asyncio.sleep(chance.uniform(0.0, 0.5))
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(chance.uniform(*STOPS))
        finally:
            os.kill(pid, signal.SIGCONT)
        await alarms
        await asyncio.sleep(chance.uniform(0.5, 2.0))
    await station.until(functools.partial(_all_over, station, accounts), within=120)
    await chaos.far_end(station)
    return _rung(station, asked, accounts)


async def hung_up_at_once(station: Station, calls: int, chance: random.Random) -> list[float]:
    """So many calls are asked for, and to be hung up within moments of that: before they are
    claimed, while they are dialled, and just after. The seconds for which each INVITE lived.
    """
    await station.put("/plans/held", HELD)
    asked = [_number(_HUNG_UP_FROM + place) for place in range(calls)]
    await _site(station, "held", asked, Behaviour.RING)
    with chaos.store_of(station) as store:
        for number in asked:
            at_once = chance.random() < 0.5
            ask = functools.partial(_requested, to=number, hung_up=at_once)
            call_id = await store.write(ask)
            if not at_once:
                await asyncio.sleep(chance.uniform(0.0, 0.03))
                await store.write(functools.partial(_hang_up, call_id=call_id))
            await station.moment()
    await station.until(lambda: not chaos.query(station, _LIVE), within=RINGS_FOR / 2)
    seen = network_log.calls_seen(chaos.asterisk(station, Kind.SIMULATOR))
    mine = [call for call in seen if call.to in asked]
    assert len(mine) == len({call.to for call in mine}), "a number was called again"
    assert all(call.ended_at for call in mine), "a call without a row rings on"
    return [(call.ended_at - call.at).total_seconds() for call in mine if call.ended_at]


def _requested(tx: Tx, *, to: str, hung_up: bool) -> str:
    policy = base_policy.load_policy(tx)
    call = request_call(
        tx,
        policy,
        None,
        clock.now(),
        step="test",
        to=to,
        attempt=1,
        dialogue=Dialogue.VERIFICATION,
        ring_time=RINGS_FOR,
        priority=1,
    )
    if hung_up:
        _hang_up(tx, call_id=call.id)
    return call.id


def _hang_up(tx: Tx, *, call_id: str) -> None:
    acting.ask_hang_up(tx, call_id, "test", clock.now())


_LIVE = "SELECT 1 FROM call WHERE step = 'test' AND ended_at IS NULL"


async def _alarms(station: Station, accounts: list[str], chance: random.Random) -> None:
    for account in accounts:
        await station.send(account)
        await asyncio.sleep(chance.uniform(0.0, 0.2))


def _number(place: int) -> str:
    return f"+3363998{place:04d}"


async def _site(station: Station, plan: str, numbers: list[str], does: Behaviour) -> str:
    account = sites.fresh("R")
    network = Simulator(chaos.asterisk(station, Kind.SIMULATOR))
    for number in numbers:
        network.set_phone(Phone(number=number, behaviour=does, after_s=0))
    role = "keyholder" if plan == "refused" else "premises"
    people = [
        sites.contact(account, f"Contact {rank}", number, role=role, rank=rank)
        for rank, number in enumerate(numbers, 1)
    ]
    await sites.put(station, account, sites.site(account, *people, plans={"*": plan}))
    return account


_OVER = """SELECT count(*) FROM incident WHERE account = ? AND machine <> 'running' AND NOT EXISTS
    (SELECT 1 FROM call WHERE incident_id = incident.id AND ended_at IS NULL)"""


def _all_over(station: Station, accounts: list[str]) -> bool:
    return all(chaos.query(station, _OVER, account)[0][0] == 1 for account in accounts)


_ROWS = """SELECT outcome FROM call JOIN incident ON incident.id = call.incident_id
    WHERE account = ? AND placed_at IS NOT NULL"""


def _rung(station: Station, numbers: list[str], accounts: list[str]) -> Rung:
    seen: list[SeenCall] = network_log.calls_seen(chaos.asterisk(station, Kind.SIMULATOR))
    counted = Counter(call.to for call in seen)
    rows = [row[0] for account in accounts for row in chaos.query(station, _ROWS, account)]
    return Rung(invites={number: counted[number] for number in numbers}, outcomes=Counter(rows))
