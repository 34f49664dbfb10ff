"""``python -m tests.bench [name]``: run the benchmarks (all of them without a name)."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tests.bench import alarms, ingest
from tests.bench.figures import Report

BENCHES: dict[str, Callable[[int, str], Report]] = {
    alarms.NAME: alarms.run,
    ingest.NAME: ingest.run,
}


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="run bench", description="Callflow's benchmarks")
    parser.add_argument("name", nargs="?", choices=list(BENCHES), help="all without it")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is shown")
    parser.add_argument("--only", default="", help="the part whose name begins so")
    arguments = parser.parse_args()
    for name, bench in BENCHES.items():
        if arguments.name in (None, name):
            bench(arguments.rounds, arguments.only).show(as_json=arguments.json)


if __name__ == "__main__":
    main()
