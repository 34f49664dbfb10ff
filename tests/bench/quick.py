"""``quick``: every benchmark with the smallest loads that it has figures of, in seconds.

For crashes only: a page that is new, a setting that is gone, a run that does not end, or leaves
something running. The figures are shown and mean nothing; what did not hold is shown, and fails
nothing.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from tests.bench.kit import leftovers
from tests.bench.kit.figures import say
from tests.bench.kit.pace import Load

NAME = "quick"
#: Seconds after which what still runs does not end; then for its stations to be ended.
LONGEST, ENDING = 540.0, 20.0
#: Benchmarks side by side: most of each is waiting.
AT_ONCE = 3
#: In the environment of everything that a benchmark began, its daemons included.
MARK = "CALLFLOW_TEST_BENCH"

_showing = threading.Lock()
_runs = itertools.count()

_TOWN: dict[str, Any] = {
    "kit.town.SITES": 60,
    "kit.town.ENTRIES": 4000,
    "kit.town.ALARMS": 100,
    "kit.town.SIGNALS": 400,
    "kit.town._ALARMS_AT_ONCE": 100,
    "kit.town.PLANS": 6,
    "kit.town.FIRMS": 4,
    "kit.town.LINES": 10,
    "kit.town.USERS": 4,
    "kit.town.OPEN": 4,
}
#: {benchmark: {what is otherwise: module.NAME}}.
SMALL: Mapping[str, Mapping[str, Any]] = {
    "alarm-to-ring": {"alarms.LOADS": (Load("5/s", 10, 2.0),)},
    "ingest": {
        "ingest.CONNECTIONS": 20,
        "ingest.SECONDS": 0.4,
        "ingest.EACH": 1000,
        "kit.panels.WARM_S": 0.1,
        "ingest.RUNNING_S": 2.0,
        "ingest.STEADY": 100,
        "ingest.PROBES": 3,
    },
    "flood": {
        "flood.SECONDS": 4.0,
        "flood.OTHERS": 5,
        "flood.FIRES": 2,
        "flood.RUNAWAY": 60,
        "flood.BURNING": Load("fires", 3, 2.0, vital_percent=100),
    },
    "opening-peak": {
        "peak.OPENINGS": 40,
        "peak.OFF": 4,
        "peak.SECONDS": 3.0,
        "peak.PROBES": 3,
    },
    "supervised": {
        "supervised.PANELS": 200,
        "supervised.EVERY": 2.0,
        "supervised.MISSING_AFTER": 18.0,
        "supervised.CONNECTIONS": 4,
        "supervised.LOAD": Load("1/s", 3, 3.0),
    },
    "probing": {"probing.PROBES": 4, "probing.FOR_S": 3.0, "probing.SETTLED_S": 1.0},
    "backup": {
        "backup.LOAD": Load("5/s", 10, 2.0),
        "backup.STEADY": 40,
        "backup.CONNECTIONS": 4,
        "backup.RECORDINGS": 3,
        "backup.PAST": 500,
    },
    "evidence": {"evidence.CALLS": 2, "evidence.IMAGES": 3, "evidence.RECORDED": 1.0},
    "rings": {"rings.CALLS": 6, "rings.STOPS": 1, "rings.HUNG_UP": 2},
    "kills": {"kills.SIGNALS": 200, "kills.KILLS": 3},
    "machines": {"machines.SITES": 6, "machines.LOSSES": 1},
    "decide": {
        "decide.OPEN": 100,
        "decide.WAITING": 20,
        "decide.DUE": 4,
        "decide.IDLE_S": 2.0,
        "decide.LOAD": Load("5/s", 10, 2.0),
    },
    "console": {
        "console.ROWS": 20,
        "console.FOR_S": 3.0,
        "console.CONSOLES": 3,
        "console.CALLERS": 2,
        "console.MEDIA": 2,
    },
    "ivr": {"ivr.CALLS": 3, "ivr.SPREAD": 1.0},
    "guessing": {"guessing.SITES": 100, "guessing.RATE": 4.0, "guessing.SECONDS": 4.0},
    "import": _TOWN,
    "migration": {"migration.SITES": 40},
    "pages": {**_TOWN, "pages._TIMES": 1},
    "edits": {**_TOWN, "edits._TIMES": 1},
    "statistics": {
        "counts.ALARMS": 60,
        "counts.COPIES": 2,
        "counts.SITES": 20,
        "counts.LIVE": 5,
        "counts._TIMES": 1,
    },
    "simulate": {
        "simulate.INCIDENTS": 10,
        "simulate.MESSAGES": 40,
        "simulate.ALARMING": 60.0,
        "simulate._SEEDS": 2,
    },
    "logbook-search": {"logbook_search.ENTRIES": 5_000, "logbook_search._TIMES": 2},
    "fuzz-dc09": {"fuzz.fuzz_dc09.FRAMES": 20_000},
}


def shrink(name: str) -> None:
    """The benchmark has its smallest loads, wherever they were imported to."""
    for path, value in SMALL[name].items():
        module, _, constant = path.rpartition(".")
        before = getattr(sys.modules[f"tests.bench.{module}"], constant)
        for known, found in list(sys.modules.items()):
            if known.startswith("tests.bench") and getattr(found, constant, None) is before:
                setattr(found, constant, value)


def command(name: str) -> list[str]:
    """What runs one benchmark."""
    return [sys.executable, "-m", "tests.bench", name, "--quick", "--rounds", "1"]


class Crashed(NamedTuple):
    """A benchmark without figures, and why."""

    name: str
    why: str


def run_all(names: Sequence[str], within: float) -> bool:
    """Each in a process of its own, some side by side; whether each ended well, with figures."""
    until = time.monotonic() + within
    with ThreadPoolExecutor(AT_ONCE) as running:
        found = list(running.map(partial(_run, until=until), names))
    wrong = [crashed for crashed in found if crashed is not None]
    for name, why in wrong:
        say(f"CRASHED: {name}: {why}")
    told = ", ".join(crashed.name for crashed in wrong)
    say(f"quick: {f'crashed: {told}' if told else 'every benchmark has figures'}")
    return not wrong


def _run(name: str, until: float) -> Crashed | None:
    """What it says is shown once it ends: side by side lines would be mixed up."""
    begun = time.monotonic()
    if begun > until:
        return Crashed(name, "not begun: the others took too long")
    mark = f"{MARK}={name}-{os.getpid()}-{next(_runs)}"
    with tempfile.TemporaryFile("w+") as said:
        bench = subprocess.Popen(
            command(name),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, MARK: mark.partition("=")[2]},
        )
        status = _ended(bench, until)
        left = leftovers.end(mark)
        said.seek(0)
        _show(name, said.read(), f"{time.monotonic() - begun:.0f} s, status {bench.returncode}")
    if status is None:
        return Crashed(name, "did not end")
    if status:
        return Crashed(name, f"status {status}")
    return Crashed(name, f"left running: {', '.join(left)}") if left else None


def _ended(bench: subprocess.Popen[bytes], until: float) -> int | None:
    """Its status; None where it did not end by itself."""
    try:
        return bench.wait(max(1.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        bench.terminate()  # it ends its stations
    try:
        bench.wait(ENDING)
    except subprocess.TimeoutExpired:
        bench.kill()
        bench.wait()
    return None


def _show(name: str, said: str, how: str) -> None:
    with _showing:
        print(f"== {name}: {how}", said, sep="\n", file=sys.stderr, flush=True)
