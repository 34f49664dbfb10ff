"""``python -m tests.support.suite.soak [minutes] [part…]``: what needs hours, again and again.

Kills by the hundred, sieges, the simulated station, audio under load: each part is a benchmark or
some deep tests, run with a seed of its own, in an order that the printed seed gives. What failed
keeps what it said, and the folders of its tests, under ``var/soak/``.

``mutants [name…]`` instead of minutes: the planted defects (mutants.py). ``station [minutes]``: the
load of a bad hour, and every alarm that the station raises about itself meanwhile.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callflow import clock
from tests.bench import false_alarms
from tests.support.suite import marked, mutants

ROOT = Path(__file__).resolve().parents[3]
KEPT = ROOT / "var" / "soak"
MINUTES = 60.0
#: Seconds after which a run hangs; then until it has said what it was doing.
LONGEST, ENDING = 2400.0, 30.0
#: Sets the seed of tests and benchmarks (chaos.dice, figures.seeds).
SEED = "CALLFLOW_TEST_SEED"
_MARK = "CALLFLOW_TEST_SOAK"
_PYTHON = (sys.executable, "-m")
_DEMO = "tests/acceptance/demo"


def _tests(*paths: str) -> tuple[str, ...]:
    return (*_PYTHON, "pytest", "--deep", "-q", "-s", *paths)


def _bench(*arguments: str) -> tuple[str, ...]:
    return (*_PYTHON, "tests.bench", *arguments, "--rounds", "1")


#: {part: what it runs}.
PARTS: Mapping[str, tuple[str, ...]] = {
    "simulate": _bench("simulate", "--only", "faults", "--incidents", "1000"),
    "kills": _bench("kills"),
    "kills-in-a-call": _tests(
        f"{_DEMO}/test_a_killed_telephony_process_loses_no_call.py",
        f"{_DEMO}/test_killed_receivers_and_engines_lose_no_signal.py",
        "tests/acceptance/test_ami_chaos.py",
        "tests/integration/receiver/test_killed.py",
    ),
    "ends": _tests("tests/integration/handling/alarms/test_random_ends.py"),
    "machines": _bench("machines"),
    "siege": _bench("guessing"),
    "sip-siege": _tests("tests/acceptance/sip"),
    "audio": _bench("ivr"),
    "rings": _bench("rings"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of a part. ``word``: passed, failed, hung, or cut (the time was over)."""

    part: str
    seed: int
    word: str
    seconds: float

    @property
    def bad(self) -> bool:
        return self.word in ("failed", "hung")


def turns(parts: Sequence[str], seed: int) -> Iterator[tuple[str, int]]:
    """(part, its seed) without end: all of them, in another order each time."""
    dice = random.Random(seed)
    while True:
        for part in dice.sample(parts, len(parts)):
            yield part, dice.randrange(1 << 31)


def table(runs: Sequence[Run]) -> list[str]:
    """A line a part: how often it ran, what became of it, and the seeds that failed."""
    lines = [f"{'part':<18}{'passed':>8}{'failed':>8}{'cut':>6}  {'minutes':>8}  failing seeds"]
    for part in dict.fromkeys(run.part for run in runs):
        own = [run for run in runs if run.part == part]
        bad = [str(run.seed) for run in own if run.bad]
        passed, cut = (sum(run.word == word for run in own) for word in ("passed", "cut"))
        minutes = sum(run.seconds for run in own) / 60
        counts = f"{passed:>8}{len(bad):>8}{cut:>6}  {minutes:>8.1f}"
        lines.append(f"{part:<18}{counts}  {', '.join(bad)}".rstrip())
    return lines


def run(
    parts: Mapping[str, Sequence[str]], seconds: float, seed: int, *, kept: Path, tree: Path
) -> list[Run]:
    """Runs ``parts`` of ``tree`` for so long; prints each as it ends."""
    until, runs = time.monotonic() + seconds, list[Run]()
    for part, own_seed in turns(list(parts), seed):
        left = until - time.monotonic()
        if left <= 0:
            return runs
        found = _once(part, parts[part], own_seed, left, kept=kept, tree=tree)
        runs.append(found)
        print(f"{found.word:<7} {part}, seed {own_seed}: {found.seconds:.0f} s", flush=True)
    raise AssertionError("turns has no end")


def _once(
    part: str, command: Sequence[str], seed: int, left: float, *, kept: Path, tree: Path
) -> Run:
    begun, name = time.monotonic(), f"{clock.now():%Y%m%d-%H%M%S}-{part}-{seed}"
    with tempfile.TemporaryDirectory(prefix="cf-soak-") as folder:
        log, tests = Path(folder) / "said.txt", Path(folder) / "t"
        if "pytest" in command:  # sockets' paths are short: not under var/
            command = [*command, f"--basetemp={tests}"]
        code = _begun(command, seed, log, min(left, LONGEST), tree)
        if code is None:
            word = "hung" if left > LONGEST else "cut"
        else:
            word = "failed" if code else "passed"
        if word in ("failed", "hung"):
            _keep(Path(folder), kept / name)
            print(_end_of(log), f"kept: {kept / name}", sep="\n", flush=True)
    return Run(part=part, seed=seed, word=word, seconds=time.monotonic() - begun)


def _begun(command: Sequence[str], seed: int, log: Path, longest: float, tree: Path) -> int | None:
    """The exit code; None: it was ended after ``longest`` seconds. Nothing of it is left."""
    with log.open("w") as said:
        print(f"{SEED}={seed}", *command, file=said, flush=True)
        return marked.run(
            command,
            f"{_MARK}={uuid.uuid4().hex}",
            said,
            tree=tree,
            environment={SEED: str(seed)},
            longest=longest,
            ending=ENDING,
        )


def _keep(folder: Path, to: Path) -> None:
    """What was said and what its tests left; a socket or a link is nothing to keep."""

    def no_files(inside: str, names: list[str]) -> set[str]:
        paths = {name: Path(inside) / name for name in names}
        return {n for n, p in paths.items() if p.is_symlink() or not (p.is_file() or p.is_dir())}

    shutil.copytree(folder, to, ignore=no_files, dirs_exist_ok=True)


def _end_of(log: Path, most: int = 3000) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-most:]


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 where something failed."""
    if arguments[:1] == ["mutants"]:
        return mutants.main(arguments[1:])
    if arguments[:1] == ["station"]:
        return false_alarms.main(arguments[1:])
    parser = argparse.ArgumentParser(prog="run soak", description=f"parts: {', '.join(PARTS)}")
    parser.add_argument("minutes", nargs="?", type=float, default=MINUTES)
    parser.add_argument("parts", nargs="*", metavar="part", help="only these")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    asked = parser.parse_intermixed_args(arguments)
    if strange := [part for part in asked.parts if part not in PARTS]:
        parser.error(f"no such part: {', '.join(strange)}; there are {', '.join(PARTS)}")
    marked.exit_when_told()  # what runs is ended on the way out
    print(f"soak for {asked.minutes:g} minutes, seed {asked.seed}", flush=True)
    parts = {part: PARTS[part] for part in asked.parts or PARTS}
    with mutants.copied_tree() as tree:  # who works in the checkout meanwhile changes no run
        runs = run(parts, asked.minutes * 60, asked.seed, kept=KEPT, tree=tree)
    print(*table(runs), f"seed {asked.seed}", sep="\n", flush=True)
    return 1 if any(found.bad for found in runs) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
