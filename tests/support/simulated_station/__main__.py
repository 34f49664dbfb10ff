"""``python -m tests.support.simulated_station SEED``: play one seed again, and say how it went."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable

from tests.support.simulated_station.planted import PLANTED
from tests.support.simulated_station.simulation import ALARMING, MESSAGES, Simulations
from tests.support.suite import shaken


def main() -> None:
    """Parse the arguments and play."""
    parser = argparse.ArgumentParser(description="one seed of the simulated station")
    parser.add_argument("seed", type=int)
    parser.add_argument("--messages", type=int, default=MESSAGES, help="of the panels")
    parser.add_argument("--seconds", type=float, default=ALARMING, help="in which they come")
    parser.add_argument("--without-faults", action="store_true")
    parser.add_argument("--turned", action="store_true", help="rows in a deep run's order")
    parser.add_argument("--plant", choices=list(PLANTED), help="a bug, to see it found")
    parser.add_argument("--trace", action="store_true", help="all that happens, on stderr")
    arguments = parser.parse_args()
    if arguments.turned:
        shaken.turn_rows()
    shown: Callable[[str], object] = sys.stderr.write if arguments.trace else len
    planted = PLANTED[arguments.plant]() if arguments.plant else contextlib.nullcontext()
    with planted:
        history = Simulations().run(
            arguments.seed,
            messages=arguments.messages,
            alarming=arguments.seconds,
            faults=not arguments.without_faults,
            shown=shown,
        )
    print(json.dumps(vars(history), indent=1))


if __name__ == "__main__":
    main()
