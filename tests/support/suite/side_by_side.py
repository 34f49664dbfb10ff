"""``… suite.side_by_side [--deep [--computing]] [path…]``: the suite as a queue.

Its units (units.py), the dearest first, each a run of pytest in a process of its own, several at
once; of those that have conversations in real time no more than the cores bear. Then what listens
to live audio (``ear``), with the machine to itself. As each ends a line says so, behind all that it
said where it failed; that is said once more at the end. What then may be the machine's fault
(unsteady.py) runs once more, alone: it passes and is called unsteady, or is red as before. At last
what each package cost, and one closing line for all, as pytest's own. The exit code is the worst of
all, 0 where one unsteady test was all that failed. Told to end, it says what there is until then.

``--computing``: only what a fast run leaves out or has less of, and of that only what neither rings
nor listens nor shows pages in a browser. A path: only units that have to do with it.
``--remember``: what files cost is kept for everybody (dear.py).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from tests.support.rows import migrated, postgresql
from tests.support.suite import costs, dear, forking, in_memory, unsteady
from tests.support.suite.unit_process import Process, Result, warm
from tests.support.suite.units import LIVE, ROOT, Known, Unit, deep_computing, listening, whole

#: So many run at once, and so many of them have conversations: most wait as long as they compute.
_CORES = len(os.sched_getaffinity(0))
AT_ONCE = {"all": 4 * _CORES, LIVE: 2 * _CORES}
#: Of those that only compute and are long: the longest is to have most of a core.
_COMPUTE_AT_ONCE = 2 * _CORES
#: Seconds after which a unit hangs; what only computes waits for who has conversations.
LONGEST, LONGEST_DEEP = 2700.0, 7200.0
#: So many unsteady tests in one run are red: then it isn't the machine, or it judges nothing.
MOST_UNSTEADY = 1
#: So many are tried again: more is no accident.
_TRIED_AGAIN = 4
_KEPT = ROOT / "var" / "unsteady"
#: Of the failures of one unit so many characters are said again.
_SAID_AGAIN = 4000
_FAILURES = re.compile(r"^=+ (FAILURES|ERRORS) =+$", re.MULTILINE)
#: What units leave out: what listens. Of a deep run, what a fast one has not.
_DEAF, _DEEP_ONLY = "not ear", "(deep or counts) and not ear"
LISTENING = listening()


class Queue:
    """Runs units; prints how each ended. ``told``: the signal that said to end; 0: none did."""

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[str],
        longest: float = LONGEST,
        most: int = AT_ONCE["all"],
    ) -> None:
        self._folder, self._arguments, self._longest = folder, arguments, longest
        self._most = most
        self.told = 0

    def obey(self, number: int, _frame: object = None) -> None:
        """A handler of signals: no more units are begun, those that run end."""
        self.told = self.told or number

    def run(
        self, units: Sequence[Unit], *more: str, last: Unit | None = None, alone: bool = False
    ) -> Iterator[Result]:
        """In the order in which they end. ``more`` arguments of pytest. ``alone``: on a quiet
        machine. ``last`` listens: it is set up beside the last of them, and goes on alone."""
        waiting, running = list(units), list[Process]()
        silence = self._folder / "silence"
        while running or ((waiting or last) and not self.told):
            while not self.told and (unit := self._next(waiting, running)):
                waiting.remove(unit)
                running.append(self._begin(unit, more, {unsteady.ALONE: "1"} if alone else {}))
            if last and not waiting and len(running) <= _CORES and not self.told:
                listens = {unsteady.ALONE: "1", unsteady.SILENCE: str(silence)}
                running.append(self._begin(last, ("-m", "ear"), listens))
                last = None
            if len(running) <= 1 and not waiting and not last:
                silence.touch()
            time.sleep(0.1)
            for one in list(running):
                if self.told or one.seconds > self._longest:
                    one.end()
                if found := one.ended():
                    running.remove(one)
                    said = "" if found.good else f"\n{found.said}\n"
                    print(said + found.line(), flush=True)
                    yield found

    def _next(self, waiting: Sequence[Unit], running: Sequence[Process]) -> Unit | None:
        return following(waiting, [one.unit for one in running], self._most)

    def _begin(self, unit: Unit, more: Sequence[str], environment: Mapping[str, str]) -> Process:
        return Process(unit, [*self._arguments, *more], self._folder, **environment)


def following(
    waiting: Sequence[Unit], running: Collection[Unit], most: int = AT_ONCE["all"]
) -> Unit | None:
    """The first that may begin beside what runs, of which there are ``most`` at once."""
    live = sum(unit.kind == LIVE for unit in running)
    if len(running) >= most:
        return None
    return next((u for u in waiting if u.kind != LIVE or live < AT_ONCE[LIVE]), None)


def worked() -> float:
    """Seconds in which cores of this machine were not idle, whoever had them (proc_stat(5)): what
    units started and nobody saw the end of is in no other figure."""
    fields = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - sum(fields[3:5])) / os.sysconf("SC_CLK_TCK")


def failures(result: Result) -> str:
    """The end of what a unit said of its failures, "" where nothing failed."""
    if result.good:
        return ""
    begin = _FAILURES.search(result.said)
    return result.said[begin.start() if begin else 0 :][-_SAID_AGAIN:]


def closing_line(counts: Counter[str], seconds: float) -> str:
    """As pytest's own."""
    words = {"passed": "passed", "failed": "failed", "skipped": "skipped"}
    more = {"error": "error", "unsteady": "unsteady", "deep": "deep left out"}
    words |= {word: said for word, said in more.items() if counts[word]}
    minutes, rest = divmod(int(seconds), 60)
    said = ", ".join(f"{counts[word]} {words[word]}" for word in words)
    return f"{said} in {seconds:.2f}s ({minutes // 60}:{minutes % 60:02d}:{rest:02d})"


def steadied(counts: Counter[str], unsteady_ones: int) -> Counter[str]:
    """What was counted, where so many that failed then passed alone: at most ``MOST_UNSTEADY`` of
    them count as passed, and say so."""
    if not 0 < unsteady_ones <= MOST_UNSTEADY:
        return counts
    moved = Counter(passed=unsteady_ones, unsteady=unsteady_ones)
    return counts + moved - Counter(failed=unsteady_ones)


def code_of(counts: Counter[str], codes: Collection[int]) -> int:
    """The exit code: the worst of the units', but 0 where none of their failures is left."""
    if counts["unsteady"] and not counts["failed"] + counts["error"] and set(codes) <= {0, 1}:
        return 0
    return max(map(abs, codes), default=0)


def counted(results: Sequence[Result]) -> dict[str, tuple[float, float]]:
    """Seconds and seconds of CPU of each file that was run to its end, of all its shares."""
    found = dict[str, tuple[float, float]]()
    for one in results:
        if one.code in (0, 1):
            for file, (_, seconds, cpu) in one.cost.items():
                before = found.get(file, (0.0, 0.0))
                found[file] = before[0] + seconds, before[1] + cpu
    return found


def _alone(queue: Queue, listened: Path) -> int:
    """Runs again, one after the other, what may have been the machine's fault; how many passed."""
    passed = 0
    for one in list(unsteady.candidates(listened))[:_TRIED_AGAIN]:
        print(f"\n== once more, alone: {one.nodeid}\n{one.said}", flush=True)
        unit = Unit(name=one.nodeid, parts=(one.nodeid,), kind=LIVE)
        if any(again.good for again in queue.run([unit], alone=True)):
            passed += 1
            kept = _KEPT / one.folder.name
            shutil.copytree(one.folder, kept, dirs_exist_ok=True)
            print(f"** unsteady: {one.nodeid}; what it heard and wrote: {kept}", flush=True)
    return passed


def _chosen(asked: argparse.Namespace, known: Known) -> list[Unit]:
    """Raises SystemExit for a path in which no unit lies."""
    units = deep_computing(known) if asked.computing else whole(known, deep=asked.deep)
    paths = tuple(path.rstrip("/") for path in asked.paths)
    if paths:
        units = [u for u in units if any(part.startswith(paths) for part in u.parts)]
    return units or sys.exit(f"no unit of tests lies in {', '.join(paths)}")


def _results(queue: Queue, units: Sequence[Unit], asked: argparse.Namespace) -> list[Result]:
    """Of the units, then of what listens."""
    if asked.computing:
        return list(queue.run(units, "-m", _DEEP_ONLY))
    return list(queue.run(units, "-m", _DEAF, last=None if asked.paths else LISTENING))


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="tests.support.suite.side_by_side")
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--computing", action="store_true")
    parser.add_argument("--remember", action="store_true")
    parser.add_argument("paths", nargs="*")
    asked = parser.parse_args(arguments)
    begun, busy = time.monotonic(), worked()
    lasted = ROOT / "var" / f"costs{'-deep' * asked.deep}{'-computing' * asked.computing}.json"
    known = json.loads(lasted.read_text()) if lasted.exists() else {}
    units = _chosen(asked, known)
    in_memory.choose()
    forking.make_room()
    warm()
    if any(not part.startswith("tests/unit") for unit in units for part in unit.parts):
        migrated.keep(postgresql.KEPT, postgresql.make)
    folder = in_memory.new_folder("cf")
    listened = folder / "unsteady"
    os.environ[unsteady.FOLDER] = str(listened)
    longest = LONGEST_DEEP if asked.deep else LONGEST
    most = _COMPUTE_AT_ONCE if asked.computing else AT_ONCE["all"]
    queue = Queue(folder, ["--deep"] * asked.deep, longest, most)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # under nohup, in a script's background
            signal.signal(number, queue.obey)
    results = _results(queue, units, asked)
    for what in filter(None, map(failures, results)):
        print(f"\n== what failed, again\n{what}", flush=True)
    counts = sum((one.counts for one in results), Counter[str]())
    counts = steadied(counts, _alone(queue, listened))
    shutil.rmtree(folder)
    known |= counted(results)
    lasted.parent.mkdir(exist_ok=True)
    lasted.write_text(json.dumps(known, indent=0), encoding="utf-8")
    if asked.remember and asked.deep == asked.computing:
        of = dear.DEEP if asked.deep else dear.FAST
        dear.remember(of, {file: cpu for file, (_, cpu) in known.items()})
    print("\n== what it cost", *costs.lines(one.cost for one in results), sep="\n")
    seconds, cpu = time.monotonic() - begun, sum(one.cpu for one in results)
    print(
        f"{len(results)} units: {cpu:.0f} s of CPU in {seconds:.0f} s of {_CORES} cores,"
        f" which worked for {worked() - busy:.0f} s"
    )
    ended = {one.name for one in results}
    if missing := [unit.name for unit in units if unit.name not in ended]:
        print(f"** told to end; not begun: {', '.join(missing)}")
    print(closing_line(counts, seconds), flush=True)
    return 128 + queue.told if queue.told else code_of(counts, [one.outcome for one in results])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
