"""``machines``: the chaos of several machines, longer than in the tests: PostgreSQL, three engines,
two nodes; in each round of a run a whole node is lost beside engines and telephony.

Judged at the networks of both nodes: each attempt rang once at most, every alarm came to its end,
and a lost node's work was another's within ten seconds.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path

from tests.bench.kit.figures import Report, Row, say, seeds
from tests.bench.kit.stores import database
from tests.support.attacks.machine_chaos import TAKEN_OVER_WITHIN, Chaos, judge
from tests.support.stations.two_nodes import TwoNodes

NAME = "machines"
SITES, LOSSES = 120, 5


async def _run(seed: int) -> tuple[Row, list[str]]:
    with (
        tempfile.TemporaryDirectory(prefix="cf-bench-") as folder,
        database(postgresql=True) as where,
    ):
        async with TwoNodes(Path(folder), where["CALLFLOW_DATABASE_URL"]) as both:
            run = Chaos(both, random.Random(seed), sites=SITES, rounds=LOSSES)
            await run.run()
            try:
                verdict = await judge(run)
            except AssertionError as wrong:
                return {"kills": len(run.story.kills)}, [f"seed {seed}: {wrong}"]
    row: Row = {"kills": len(run.story.kills), "alarms": SITES, **verdict.figures()}
    late = [found for found in verdict.taken_over if found.after > TAKEN_OVER_WITHIN]
    return row, [f"seed {seed}: taken over after {found.after:.1f} s" for found in late]


def run(rounds: int = 1, only: str = "") -> Report:
    """``rounds`` runs, each with a seed of its own."""
    report = Report(NAME, ())
    for place, seed in enumerate(seeds(rounds), 1):
        say(f"run {place} of {rounds}, seed {seed}")
        row, broken = asyncio.run(_run(seed))
        report.rounds.append(row)
        report.broken += broken
    report.notes.append("INVITEs counted at both nodes' networks; times in seconds.")
    return report
