"""The station simulated: thousands of incidents in virtual time, with faults at every commit.

Not how quick the station is, but whether its invariants hold; so there is one round, over seeds
until there were so many incidents. Each planted bug must be found.
"""

from __future__ import annotations

import gc
import itertools
import time
from collections import Counter

from tests.bench.kit.figures import Figure, Report, Row, say, seeds
from tests.support.simulated_station.faults import Fault
from tests.support.simulated_station.planted import PLANTED
from tests.support.simulated_station.simulation import ALARMING, MESSAGES, History, Simulations

NAME = "simulate"
#: What one run must get through, in ten minutes on one core, and how often each fault fires then.
INCIDENTS = 10_000
SECONDS = 600.0
FIRED = 100
#: Seeds in which a planted bug must be found.
_SEEDS = 5


def run(_rounds: int, only: str, *, incidents: int | None = None) -> Report:
    """Play seeds until there were so many incidents, then plant the bugs."""
    first = seeds(1)[0] or 1
    report = Report(name=NAME, key=("part",))
    simulations, incidents = Simulations(), incidents or INCIDENTS
    gc.freeze()  # what was loaded is no garbage; the rest is looked for less often
    gc.set_threshold(50_000)
    if "faults".startswith(only):
        _faults(report, simulations, incidents, first)
    for bug in PLANTED:
        if bug.startswith(only):
            _plant(report, simulations, bug, first)
    return report


def _faults(report: Report, simulations: Simulations, incidents: int, first: int) -> None:
    fired: Counter[Fault] = Counter()
    totals: Counter[str] = Counter()
    latest, began, used = 0.0, time.monotonic(), time.process_time()
    for seed in itertools.count(first):
        history = simulations.run(seed, messages=MESSAGES, alarming=ALARMING)
        fired += history.fired
        totals.update(_counts(history))
        latest = max(latest, history.latest)
        report.broken += [f"seed {seed}, {what} ({_replay(seed)})" for what in history.broken]
        say(f"seed {seed}: {totals['incidents']} incidents, {sum(fired.values())} faults")
        if totals["incidents"] >= incidents:
            break
    seconds = time.monotonic() - began
    figures: Row = {"part": "faults", **totals, "latest_step_s": round(latest, 1)}
    figures |= {"seconds": round(seconds, 1), "cpu_s": round(time.process_time() - used, 1)}
    report.rounds.append(figures)
    report.notes.append("faults: " + ", ".join(f"{fault} {fired[fault]}" for fault in Fault))
    enough = incidents >= INCIDENTS
    if enough and seconds > SECONDS:
        report.broken.append(f"{totals['incidents']} incidents took {seconds:.0f} s")
    rare = [fault for fault in Fault if fired[fault] < FIRED]
    if enough and rare:
        report.broken.append(f"fired less than {FIRED} times: {', '.join(rare)}")


def _counts(history: History) -> dict[str, int]:
    return {
        "seeds": 1,
        "incidents": history.incidents,
        "calls": history.calls,
        "commits": history.steps,
        "virtual_s": round(history.seconds),
    }


def _plant(report: Report, simulations: Simulations, bug: str, first: int) -> None:
    figures: dict[str, Figure] = {"part": bug}
    with PLANTED[bug]():
        for seed in range(first, first + _SEEDS):
            found = simulations.run(seed, messages=MESSAGES, alarming=ALARMING)
            if found.broken:
                break
        else:
            report.broken.append(f"{bug}: not found in {_SEEDS} seeds")
            return
        again = simulations.run(found.seed, messages=MESSAGES, alarming=ALARMING)
    if again.trace != found.trace:
        report.broken.append(f"{bug}: seed {found.seed} has another history when played again")
    report.rounds.append({**figures, "seeds": found.seed - first + 1, **_found(found)})
    report.notes.append(f"{bug}: seed {found.seed}, trace {found.trace[:16]}, {found.broken[0]}")


def _found(history: History) -> dict[str, Figure]:
    return {"incidents": history.incidents, "commits": history.steps}


def _replay(seed: int) -> str:
    return f"python -m tests.support.simulated_station {seed} --trace"
