"""Operators who take, act and close, and people who call the station."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from callflow import clock
from callflow.core.alarms.filing import SIGNABLE
from callflow.core.alarms.promise import PromiseKind
from callflow.core.plans.call_plan import ENDS, Measure, StepKind
from callflow.core.plans.task import TaskOutcome, TaskState
from callflow.handling.alarms import operating
from callflow.handling.alarms.ends import signing
from callflow.handling.alarms.ends.filing import still_open
from callflow.handling.alarms.tasks import end_task
from callflow.handling.interventions import orders
from callflow.storage import Tx
from callflow.storage.alarms import open_ends, tasks
from tests.support.simulated_station import world
from tests.support.simulated_station.watch import SUPERVISORS

if TYPE_CHECKING:
    from tests.support.simulated_station.simulation import Simulation


async def callers(simulation: Simulation, rng: random.Random) -> None:
    """People call the station back, or by chance; until cancelled."""
    while True:
        await asyncio.sleep(rng.expovariate(1 / 60))
        number = rng.choice(sorted(world.allowed()))
        simulation.asterisk.call_in(number, rng.choice(["0", ""]))


async def operator(simulation: Simulation, rng: random.Random, name: str) -> None:
    """Takes what waits, acts on it, and in the end closes it; until cancelled."""
    while True:
        await asyncio.sleep(rng.expovariate(1 / 3))
        web = simulation.web
        if web is None:
            continue
        chosen = _choose(simulation, rng, name)
        if chosen is not None:
            held = chosen["holder"] == name
            await web.act(_act(rng, chosen, name) if held else _take(chosen, name))


def _choose(simulation: Simulation, rng: random.Random, name: str) -> dict[str, Any] | None:
    """An incident that this operator holds, or one that nobody does."""
    rows = simulation.rows(
        "SELECT id, holder, kind, site_id FROM incident WHERE (holder = ? OR holder IS NULL AND"
        " with_human) AND state IN ('open', 'awaiting_normal') AND storm_until IS NULL"
        " ORDER BY priority, opened_at, id LIMIT 8",
        (name,),
    )
    if not rows:
        return None
    return dict(zip(("id", "holder", "kind", "site"), rng.choice(rows), strict=True))


def _take(chosen: dict[str, Any], name: str) -> Any:
    return lambda tx: operating.claim(tx, chosen["id"], name, clock.now())


@dataclass(frozen=True, slots=True)
class _Act:
    """What an operator is about to do to an incident; ``chance`` (0 to 1) chooses the rest."""

    incident: str
    site: str | None
    who: str
    chance: float
    now: datetime


def _act(rng: random.Random, chosen: dict[str, Any], name: str) -> Callable[[Tx], Any]:
    weights = [weight for weight, _ in _ACTS.values()]
    does = _ACTS[rng.choices(list(_ACTS), weights)[0]][1]
    chance = rng.random()
    return lambda tx: does(tx, _Act(chosen["id"], chosen["site"], name, chance, clock.now()))


def _close(tx: Tx, act: _Act) -> None:
    waiver = "panne" if act.chance < 0.2 else ""
    operating.close_incident(
        tx,
        act.incident,
        act.who,
        "false_alarm",
        "vu",
        act.now,
        supervises=act.who in SUPERVISORS,
        waiver=waiver,
    )


def _sign(tx: Tx, act: _Act) -> None:
    """Answer for something that is still open."""
    row = operating.known(tx, act.incident)
    lines = [one for one in still_open(tx, row, act.now) if one.what in SIGNABLE]
    if lines:
        line = lines[int(act.chance * len(lines))]
        supervises = act.who in SUPERVISORS
        about = act.incident, act.who, line.what, line.key, "vu", act.now
        signing.sign(tx, *about, supervises=supervises)


def _promise(tx: Tx, act: _Act) -> None:
    kind = PromiseKind.PROMISE if act.chance < 0.5 else PromiseKind.EQUIPMENT
    signing.promise(tx, act.incident, act.who, kind, "à faire", act.now)


def _keep(tx: Tx, act: _Act) -> None:
    for owed in open_ends.promises(tx, [act.incident]):
        if owed.ended_at is None:
            signing.keep(tx, act.incident, owed.id, act.who, "fait", act.now)


def _protect(tx: Tx, act: _Act) -> None:
    lasts = timedelta(seconds=30 + 600 * act.chance)
    orders.protect(tx, act.incident, act.who, Measure.OTHER, "vigile", lasts, act.now)


def _note(tx: Tx, act: _Act) -> None:
    operating.note(tx, act.incident, act.who, "vu", act.now)


def _release(tx: Tx, act: _Act) -> None:
    operating.release(tx, act.incident, act.who, act.now)


def _park(tx: Tx, act: _Act) -> None:
    until = act.now + timedelta(seconds=10 + 200 * act.chance)
    operating.park(tx, act.incident, act.who, until, act.now)


def _transfer(tx: Tx, act: _Act) -> None:
    operating.transfer(tx, act.incident, act.who, "operator 1", act.now)


def _resume(tx: Tx, act: _Act) -> None:
    operating.resume_plan(tx, act.incident, act.who, act.now)


def _call(tx: Tx, act: _Act) -> None:
    contact = _someone(tx, act.site, act.chance)
    operating.request_contact_call(tx, act.incident, act.who, contact, act.now)


def _take_over(tx: Tx, act: _Act) -> None:
    operating.take_over_call(tx, act.incident, act.who, _live_call(tx, act.incident), act.now)


def _end_task(tx: Tx, act: _Act) -> None:
    """Do, or fail to do, what a step waits for."""
    for row in tasks.of_incident(tx, act.incident):
        if row.state == TaskState.OPEN.value:
            ends = sorted(ENDS[StepKind(row.kind)] & (set(TaskOutcome) - {TaskOutcome.OVERDUE}))
            outcome = TaskOutcome(ends[int(act.chance * len(ends))])
            end_task(tx, row.id, outcome, act.now, who=act.who, text="vu")
            return


#: What is done to an incident that one holds, with its weight.
_ACTS: Mapping[str, tuple[float, Callable[[Tx, _Act], None]]] = {
    "close": (8, _close),
    "note": (2, _note),
    "release": (1, _release),
    "park": (1, _park),
    "transfer": (1, _transfer),
    "resume": (2, _resume),
    "call": (2, _call),
    "take over": (2, _take_over),
    "task": (8, _end_task),
    "sign": (3, _sign),
    "promise": (1, _promise),
    "keep": (2, _keep),
    "protect": (1, _protect),
}


def _someone(tx: Tx, site: str | None, which: float) -> str:
    query = "SELECT contact_id FROM site_contact WHERE site_id = ? ORDER BY contact_id"
    found = list(tx.exec_driver_sql(query, (site,)).scalars())
    return str(found[int(which * len(found))]) if found else "nobody"


def _live_call(tx: Tx, incident: str) -> str:
    query = "SELECT id FROM call WHERE incident_id = ? AND state = 'answered' LIMIT 1"
    return str(tx.exec_driver_sql(query, (incident,)).scalar() or "none")
