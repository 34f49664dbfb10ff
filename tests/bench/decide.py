"""``decide``: what deciding costs, alone and in an engine whose incidents wait on timers.

*pure*: the next steps of 10,000 open incidents, beside the floor: copying the incident once.
*late*: 2,000 incidents wait on timers while 25 alarms/s arrive; a step's lateness is from when it
was due to its INVITE at the network. A step never done is infinite; a second ring fails the run.
*idle*: an engine with 10,000 incidents that wait for hours.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from callflow import clock
from callflow.core.alarms import escalation
from callflow.core.alarms.incident import Incident, Machine, State
from callflow.core.calls.call import Call, CallState, Outcome
from callflow.core.plans import call_plan, standard
from callflow.core.signals.events import classify
from callflow.core.signals.signal import Category, Kind
from callflow.core.sites.site import Authority, Contact, Role, Site
from callflow.dispatch.wake import open_store
from callflow.handling.alarms.opening import opened
from callflow.settings.config import Settings
from callflow.storage.alarms import incidents
from callflow.vault import Vault
from ivr.asterisk.simulator import Behaviour, Phone
from tests.bench import alarms
from tests.bench.ingest import serving
from tests.bench.kit import cpu
from tests.bench.kit.figures import Report, Row, say, spread
from tests.bench.kit.pace import Load
from tests.bench.kit.stores import STORES, database
from tests.support.stations.station import Station

NAME = "decide"
OPEN = 10_000
WAITING, DUE = 2_000, 200  # incidents that wait on timers; those that fall due in the run
LOAD = Load("25/s", 750, 30.0)
IDLE_S = 20.0
NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


# --- pure ---


def _pure(place: int) -> Row:
    cases = [_case(number) for number in range(OPEN)]
    begun = time.perf_counter()
    for incident, *_ in cases:
        replace(incident, step="keyholders")
    floor = time.perf_counter() - begun
    begun = time.perf_counter()
    actions = 0
    for incident, plan, site, calls, now in cases:
        actions += len(escalation.next_steps(incident, plan, site, calls, now).actions)
    took = time.perf_counter() - begun
    begun = time.perf_counter()
    bodies = call_plan.to_json(standard.INTRUSION)
    for _ in range(OPEN):
        call_plan.from_json(bodies)
    reading = time.perf_counter() - begun
    return {
        "part": "pure",
        "incidents": OPEN,
        "actions": actions,
        "us_each": round(took / OPEN * 1e6, 2),
        "of_floor": round(took / floor, 1),
        "reading_the_plan_us": round(reading / OPEN * 1e6, 2),
        "round": place,
    }


def _case(number: int) -> tuple[Incident, call_plan.Plan, Site, list[Call], datetime]:
    """An alarm after ``number`` % 12 calls in vain, most of them waiting, some with a turn due."""
    plan = standard.INTRUSION
    everything = {"*": frozenset(Authority)}
    people = tuple(
        Contact(id=f"k{n}", name="k", role=Role.KEYHOLDER, rank=n, phone=f"+3363998{n:04d}")
        for n in range(1, 5)
    )
    shop = Contact(
        id="p", name="p", role=Role.PREMISES, phone="+33639980000", authorities=everything
    )
    calls = [
        Call(
            id=str(turn),
            step="keyholders",
            contact_id=f"k{turn % 4 + 1}",
            to="",
            attempt=turn // 4 + 1,
            state=CallState.ENDED,
            outcome=Outcome.NO_ANSWER,
            requested_at=NIGHT + timedelta(seconds=30 * turn),
            ended_at=NIGHT + timedelta(seconds=30 * turn + 25),
        )
        for turn in range(number % 12)
    ]
    incident = Incident(
        id=str(number),
        site_id="s",
        account="1",
        kind=Kind.INTRUSION,
        category=Category.SECURITY,
        priority=2,
        state=State.OPEN,
        zones={"3": "alarm"},
        plan={},
        step="keyholders",
        step_since=NIGHT,
        machine=Machine.RUNNING,
        with_human=False,
        opened_at=NIGHT,
    )
    site = Site(id="s", name="S", client="c", contacts=(shop, *people))
    return incident, plan, site, calls, NIGHT + timedelta(seconds=30 * (number % 12) + number % 40)


# --- with an engine ---


#: A timer, then one call to the premises.
_WAITING_PLAN: dict[str, Any] = {
    "id": "waiting",
    "steps": [
        {"id": "wait", "kind": "wait", "limit_s": 86400, "outcomes": {"elapsed": "call"}},
        {"id": "call", "kind": "counter_call", "outcomes": {"exhausted": "operator"}},
        {"id": "operator", "kind": "hand_to_operator"},
    ],
}


def _wait(settings: Settings, accounts: list[str], due: list[datetime], *, at_a_site: bool) -> None:
    """An incident of each account, whose timer ends then; an account is its site's name."""
    plan = call_plan.read(_WAITING_PLAN)
    store = open_store(settings, Vault(settings.data_dir / "keys"))
    rows = []
    for account, at in zip(accounts, due, strict=True):
        meaning = classify("SIA-DCS", "BA", None)
        site = account if at_a_site else None
        row = opened(account, "3", meaning, plan, clock.now(), site=site)
        since = at - timedelta(seconds=86400)
        rows.append(row.but(step="wait", step_since=since, machine_due=at))
    try:
        store.write_now(lambda tx: incidents.insert(tx, rows))
    finally:
        store.close()


async def _late(store: str, seed: int) -> list[Row]:
    with (
        database(postgresql=store == "PostgreSQL") as where,
        tempfile.TemporaryDirectory(prefix="cf-bench-") as folder,
    ):
        channels = {"CALLFLOW_TRUNK_CHANNELS": str(alarms.CHANNELS)}
        settings = {**channels, "CALLFLOW_LOG_LEVEL": "WARNING", **where}
        async with Station(Path(folder), settings) as station:
            bench = alarms.Bench(station, [LOAD], seed)
            await bench.put_in(LOAD.count + 3 + WAITING)
            await bench.learn()
            return [await _beside_timers(store, station, bench)]


async def _beside_timers(store: str, station: Station, bench: alarms.Bench) -> Row:
    """Timers fall due evenly while the alarms arrive."""
    first = bench.take(WAITING)
    sites = [alarms.account(first + place) for place in range(WAITING)]
    numbers = [alarms.number(first + place, floor=False) for place in range(DUE)]
    for number in numbers:
        bench.network.set_phone(Phone(number=number, behaviour=Behaviour.BUSY))
    start = clock.now() + timedelta(seconds=15)
    step = LOAD.seconds / DUE
    due = [start + timedelta(seconds=step * place) for place in range(DUE)]
    due += [start + timedelta(hours=2)] * (WAITING - DUE)
    await asyncio.to_thread(_wait, _settings(station), sites, due, at_a_site=True)
    await asyncio.sleep(max(0.0, (start - clock.now()).total_seconds()))
    row = await bench.product(LOAD, bench.take(LOAD.count))
    seen = Counter(call.to for call in bench.network.calls())
    at = {call.to: call.at for call in reversed(bench.network.calls())}
    late = [
        (at[number] - when).total_seconds() if number in at else math.inf
        for number, when in zip(numbers, due, strict=False)
    ]
    twice = [number for number in numbers if seen[number] > 1]
    assert not twice, f"rung twice: {twice[:5]}"
    return {
        "part": f"late, {store}",
        "waiting": WAITING,
        "steps": DUE,
        **spread("late_", late),
        "alarm_p50_ms": row["p50_ms"],
        "alarm_p99_ms": row["p99_ms"],
    }


def _settings(station: Station) -> Settings:
    names = ("data_dir", "port_base", "database_url")
    given = {name: station.environment.get(f"CALLFLOW_{name.upper()}") for name in names}
    return Settings(**{name: value for name, value in given.items() if value})  # type: ignore[arg-type]


async def _idle(store: str, place: int) -> Row:
    with database(postgresql=store == "PostgreSQL") as where:
        async with serving("engine", settings=where) as (_, data_dir, pids):
            settings = Settings(data_dir=data_dir, **_url(where))
            later = clock.now() + timedelta(hours=6)
            accounts = [alarms.account(number) for number in range(OPEN)]
            await asyncio.to_thread(_wait, settings, accounts, [later] * OPEN, at_a_site=False)
            await asyncio.sleep(5.0)  # it has seen them
            before, begun = cpu.of_process(pids[0]), time.monotonic()
            await asyncio.sleep(IDLE_S)
            share = (cpu.of_process(pids[0]) - before) / (time.monotonic() - begun)
    percent = round(100 * share, 2)
    return {"part": f"idle, {store}", "waiting": OPEN, "core_percent": percent, "round": place}


def _url(where: dict[str, str]) -> dict[str, Any]:
    url = where.get("CALLFLOW_DATABASE_URL")
    return {"database_url": url} if url else {}


def run(rounds: int = 3, only: str = "") -> Report:
    """Each part ``rounds`` times."""
    report = Report(NAME, ("part",))
    for place in range(rounds):
        say(f"round {place + 1} of {rounds}")
        if "pure".startswith(only):
            report.rounds.append(_pure(place))
        for store in STORES:
            if f"late, {store}".startswith(only):
                report.rounds += asyncio.run(_late(store, place))
            if f"idle, {store}".startswith(only):
                report.rounds.append(asyncio.run(_idle(store, place)))
    _judge(report)
    return report


def _judge(report: Report) -> None:
    for row in report.rounds:
        if math.isinf(float(row.get("late_max_ms", 0))):
            report.broken.append(f"{row['part']}: a step was never done")
    late = [float(r["late_p99_ms"]) for r in report.medians() if "late_p99_ms" in r]
    idle = [float(r["core_percent"]) for r in report.medians() if "core_percent" in r]
    report.notes.append(
        f"Aims: lateness p99 under 1,000 ms (here {late}), idle under 2 % of a core (here {idle}),"
        f" pure: as many times one copy of the incident as said."
    )
