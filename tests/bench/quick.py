"""``quick``: every benchmark with the smallest loads that it has figures of, in seconds.

For crashes only: a page that is new, a setting that is gone, a run that does not end. The figures
are shown and mean nothing; what did not hold is shown, and fails nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from tests.bench.figures import say
from tests.bench.pace import Load

NAME = "quick"
#: Seconds after which a benchmark is one that does not end.
LONGEST = 100.0

_TOWN: dict[str, Any] = {
    "town.SITES": 60,
    "town.ENTRIES": 4000,
    "town.ALARMS": 100,
    "town.SIGNALS": 400,
    "town._ALARMS_AT_ONCE": 100,
    "town.PLANS": 6,
    "town.FIRMS": 4,
    "town.LINES": 10,
    "town.USERS": 4,
    "town.OPEN": 4,
}
#: {benchmark: {what is otherwise: module.NAME}}.
SMALL: Mapping[str, Mapping[str, Any]] = {
    "alarm-to-ring": {"alarms.LOADS": (Load("5/s", 10, 2.0),)},
    "ingest": {
        "ingest.CONNECTIONS": 10,
        "ingest.SECONDS": 0.5,
        "ingest.EACH": 60,
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
    "pages": {**_TOWN, "pages._TIMES": 1},
    "edits": {**_TOWN, "edits._TIMES": 1},
    "simulate": {"simulate.INCIDENTS": 60},
    "fuzz-dc09": {"fuzz_dc09.FRAMES": 20_000},
}


def shrink(name: str) -> None:
    """The benchmark has its smallest loads, wherever they were imported to."""
    for path, value in SMALL[name].items():
        module, _, constant = path.partition(".")
        before = getattr(sys.modules[f"tests.bench.{module}"], constant)
        for known, found in list(sys.modules.items()):
            if known.startswith("tests.bench") and getattr(found, constant, None) is before:
                setattr(found, constant, value)


def run_all(names: list[str]) -> bool:
    """Each in a process of its own, which is ended when it does not end; whether all went well."""
    wrong = []
    for name in names:
        begun = time.monotonic()
        command = [sys.executable, "-m", "tests.bench", name, "--quick", "--rounds", "1"]
        with subprocess.Popen(command) as bench:
            try:
                status = bench.wait(LONGEST)
            except subprocess.TimeoutExpired:
                bench.terminate()
                status = bench.wait(30)
                say(f"{name} does not end")
        say(f"{name}: {time.monotonic() - begun:.0f} s, status {status}")
        if status:
            wrong.append(name)
    say(f"quick: {'crashed: ' + ', '.join(wrong) if wrong else 'every benchmark has figures'}")
    return not wrong
