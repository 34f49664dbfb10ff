"""``python -m tests.bench [name]``: run the benchmarks (all of them without a name)."""

from __future__ import annotations

import argparse
import os
import sys
import uuid
from collections.abc import Callable
from functools import partial

from tests.bench import (
    alarms,
    backup,
    console,
    counts,
    decide,
    edits,
    evidence,
    flood,
    guessing,
    importing,
    ingest,
    ivr,
    kills,
    logbook_search,
    machines,
    migration,
    pages,
    peak,
    probing,
    quick,
    rings,
    simulate,
    supervised,
)
from tests.bench.fuzz import fuzz_dc09
from tests.bench.kit.figures import Report
from tests.support.suite import marked

Bench = Callable[[int, str], Report]

BENCHES: dict[str, Bench] = {
    alarms.NAME: alarms.run,
    ingest.NAME: ingest.run,
    flood.NAME: flood.run,
    peak.NAME: peak.run,
    supervised.NAME: supervised.run,
    probing.NAME: probing.run,
    backup.NAME: backup.run,
    kills.NAME: kills.run,
    rings.NAME: rings.run,
    machines.NAME: machines.run,
    decide.NAME: decide.run,
    console.NAME: console.run,
    ivr.NAME: ivr.run,
    guessing.NAME: guessing.run,
    importing.NAME: importing.run,
    migration.NAME: migration.run,
    pages.NAME: pages.run,
    counts.NAME: counts.run,
    edits.NAME: edits.run,
    evidence.NAME: evidence.run,
    logbook_search.NAME: logbook_search.run,
    simulate.NAME: simulate.run,
    fuzz_dc09.NAME: fuzz_dc09.run,
}

_MARK = "CALLFLOW_TEST_BENCH"


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="run bench", description="Callflow's benchmarks")
    parser.add_argument("name", nargs="?", choices=[*BENCHES, quick.NAME], help="all without it")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--only", default="", help="the part whose name begins so")
    parser.add_argument("--quick", action="store_true", help="with the smallest loads, in seconds")
    parser.add_argument(
        "--frames", type=int, default=None, help="of fuzz-dc09 (the default: a million)"
    )
    parser.add_argument("--calls", type=int, default=None, help="of rings")
    parser.add_argument("--stops", type=int, default=None, help="of rings")
    parser.add_argument("--incidents", type=int, default=None, help="of simulate")
    parser.add_argument(
        "--within", type=float, default=quick.LONGEST, help="of quick: seconds for all of it"
    )
    arguments = parser.parse_args()
    marked.exit_when_told()  # stations are ended on the way out
    if arguments.name == quick.NAME:
        sys.exit(0 if quick.run_all(list(BENCHES), arguments.within) else 1)
    if arguments.quick:
        quick.shrink(arguments.name)
    rung = partial(
        rings.run, calls=arguments.calls or rings.CALLS, stops=arguments.stops or rings.STOPS
    )
    fuzz = partial(fuzz_dc09.run, frames=arguments.frames or fuzz_dc09.FRAMES)
    simulated = partial(simulate.run, incidents=arguments.incidents)
    benches: dict[str, Bench] = {**BENCHES, fuzz_dc09.NAME: fuzz, rings.NAME: rung}
    benches[simulate.NAME] = simulated
    broken = False
    os.environ[_MARK] = uuid.uuid4().hex
    with marked.guarded(f"{_MARK}={os.environ[_MARK]}"):  # killed, it leaves no station behind
        for name, bench in benches.items():
            if arguments.name in (None, name):
                report = bench(arguments.rounds, arguments.only)
                report.show(as_json=arguments.json)
                broken = broken or bool(report.broken)
    sys.exit(1 if broken and not arguments.quick else 0)


if __name__ == "__main__":
    main()
