"""``guessing``: codes guessed over 10,000 sites at 10 calls a second, counted at the far end.

Guessers choose from a hundred codes a site, one of which is right, and show any number they like, a
quarter of them that of somebody of the site. What came of a guess is what its caller heard.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.bench.kit.figures import Report, Row, say, seeds
from tests.support.attacks.siege import BEARS, CHOICES, Siege, besieged

NAME = "guessing"
SITES, RATE, SECONDS = 10_000, 10.0, 60.0


async def _run(seed: int) -> tuple[Row, list[str]]:
    with tempfile.TemporaryDirectory(prefix="cf-bench-") as folder:
        say(f"{SITES} sites are put in")
        async with besieged(Path(folder), sites=SITES, seed=seed) as siege:
            await siege.surround()
            say(f"{RATE:.0f} calls a second for {SECONDS:.0f} s")
            honest = await _besieged(siege)
            problems = siege.problems()
            alarms = await siege.alarms()
            if alarms != [True]:
                problems.append(f"alarms of guessing, and whether a human has them: {alarms}")
            problems += [f"{who} did not get through" for who, got in honest.items() if not got]
            return _row(siege, len(alarms), honest), problems


async def _besieged(siege: Siege) -> dict[str, bool]:
    """Who is honest, and whether they got through meanwhile."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(siege.rage(RATE, SECONDS))
        await siege.is_on()
        let_in = [await siege.honest_gets_in() for _ in range(3)]
        human = await siege.honest_reaches_a_human()
    return {"an honest client": all(let_in), "one of the besieged site": human}


def _row(siege: Siege, alarms: int, honest: dict[str, bool]) -> Row:
    guesses = siege.guesses
    return {
        "sites": SITES,
        "calls": guesses.calls,
        "guesses": sum(guesses.heard.values()),
        "looked_at": sum(guesses.looked_at.values()),
        "most_at_a_site": max(guesses.looked_at.values()),
        "let_in": guesses.let_in,
        "alarms": alarms,
        "honest": sum(honest.values()),
        "nothing_heard": guesses.heard["nothing"] + guesses.heard["refused"],
    }


def run(rounds: int = 3, only: str = "") -> Report:
    """A siege, ``rounds`` times."""
    report = Report(NAME, ("sites",))
    for place, seed in enumerate(seeds(rounds), 1):
        say(f"round {place} of {rounds}, seed {seed}")
        row, broken = asyncio.run(_run(seed))
        report.rounds.append(row)
        report.broken += broken
    report.notes.append(
        f"A site may look at {BEARS} codes of four digits a day (0.1 %); each guess here is"
        f" {10_000 // CHOICES} times as lucky as one at random. let_in: heard that the code is"
        " right. honest: of two, those who got in, or to a human, during it."
    )
    return report
