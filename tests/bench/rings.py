"""``rings``: no phone rings once too often, counted at the far end.

2,500 people who refuse at once are called on a full machine, over two trunks, each as often as the
plan says: an OriginateResponse that overtakes its channel is no fault of a trunk. Then Asterisk
stands still 50 times, for 3 to 9 s, while calls begin: no number ever has two of them alive. And 48
calls are hung up while they are dialled: none rings on.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.bench.kit.figures import Report, Row, say, seeds
from tests.support.sip import rings
from tests.support.sip.trunks import TRUNKS, TrunkStation

NAME = "rings"
CALLS, STOPS, HUNG_UP = 2_500, 50, 48
#: Channels of each trunk.
CHANNELS = 60
#: What says nothing of the person who is called.
_OURS = ("trunk_failure", "unknown", "error")


async def _refused(station: TrunkStation, calls: int) -> tuple[Row, list[str]]:
    begun = time.monotonic()
    with rings.full_machine():
        rung = await rings.refused_at_once(station, calls)
    other = rung.otherwise(rings.ATTEMPTS)
    broken = (
        [f"not called {rings.ATTEMPTS} times: {dict(list(other.items())[:5])}"] if other else []
    )
    broken += [f"{rung.outcomes[how]} calls ended as {how}" for how in _OURS if rung.outcomes[how]]
    return _row("refused at once", rung, begun), broken


async def _stopped(station: TrunkStation, stops: int, seed: int) -> tuple[Row, list[str]]:
    begun, broken = time.monotonic(), []
    try:
        rung = await rings.asterisk_stops(station, stops, random.Random(seed))
    except AssertionError as found:
        broken = [str(found)]
        rung = rings.Rung(invites={}, outcomes=Counter())
    return _row(f"Asterisk stopped {stops} times", rung, begun), broken


async def _hung_up(station: TrunkStation, seed: int) -> tuple[Row, list[str]]:
    begun, broken = time.monotonic(), []
    try:
        lived = await rings.hung_up_at_once(station, HUNG_UP, random.Random(seed))
    except (AssertionError, TimeoutError) as found:
        broken, lived = [f"hung up, and rings on: {found}"], []
    row: Row = {"part": "hung up at once", "numbers": HUNG_UP, "invites": len(lived)}
    row |= {"lived_max_s": round(max(lived, default=0.0), 2)}
    return {**row, "seconds": round(time.monotonic() - begun)}, broken


def _row(part: str, rung: rings.Rung, begun: float) -> Row:
    return {
        "part": part,
        "numbers": len(rung.invites),
        "invites": sum(rung.invites.values()),
        "otherwise": len(rung.otherwise(rings.ATTEMPTS)),
        "most": max(rung.invites.values(), default=0),
        **{how: rung.outcomes[how] for how in _OURS},
        "seconds": round(time.monotonic() - begun),
    }


async def _round(seed: int, calls: int, stops: int, only: str) -> list[tuple[Row, list[str]]]:
    with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
        station = TrunkStation(Path(folder), {"CALLFLOW_LOG_LEVEL": "WARNING"})
        station.use([{**trunk, "channels": CHANNELS} for trunk in TRUNKS])
        async with station:
            found = []
            if "refused".startswith(only):
                found.append(await _refused(station, calls))
            if "stopped".startswith(only):
                found.append(await _stopped(station, stops, seed))
            if "hung-up".startswith(only):
                found.append(await _hung_up(station, seed))
            return found


def run(rounds: int = 1, only: str = "", *, calls: int = CALLS, stops: int = STOPS) -> Report:
    """``rounds`` times, an instance for each; ``only`` is ``refused``, ``stopped``
    or ``hung-up``."""
    report = Report(NAME, ("part",))
    for place, seed in enumerate(seeds(rounds), 1):
        say(f"round {place} of {rounds}, seed {seed}")
        _add(report, asyncio.run(_round(seed, calls, stops, only)))
    report.notes.append(f"Each number is to be called {rings.ATTEMPTS} times by its plan.")
    return report


def _add(report: Report, found: Iterable[tuple[Row, list[str]]]) -> None:
    for row, broken in found:
        report.rounds.append(row)
        report.broken += broken
