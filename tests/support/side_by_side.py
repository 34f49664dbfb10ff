"""``python -m tests.support.side_by_side [--deep [--computing]]``: the suite as three runs at once,
then what listens, alone.

Acceptance tests wait for phones most of the time: two runs of them, each with pages in a browser
after them, and what computes beside them at a lower priority. What the second and the third
say is printed when all are over. Then what listens to live audio (``ear``) runs with the machine to
itself, each test once that is quiet. Then once more what failed, where a log that is cut still has
it. What then may be the machine's fault (unsteady.py) runs once more, alone: it passes and is
called unsteady, or is red as before. At last what each package cost, and one closing line for all,
as pytest's own. The exit code is the worst of all, 0 where one unsteady test was all that failed.

``--computing``: only what a fast run leaves out or has less of, and of that only what neither rings
nor listens nor shows pages in a browser, in two runs.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path, PurePath
from typing import IO

from tests.support import costs, unsteady

_ACCEPTANCE, _INTEGRATION, _WEB = "tests/acceptance", "tests/integration", "tests/integration/web"
#: Acceptance tests whose station has real phones: a run of their own.
_PHONES = ("phones", "sip", "telephone", "trunks")
#: Tests of pages in a browser: those with axe after the phones, the others after the acceptance
#: tests without phones. So the runs last about as long.
_AXE = ("test_axe_*.py",)
_BROWSERS = ("test_*browser.py", "test_every_action_by_keyboard.py")


def _tests(folder: str, *, but: Collection[str] = ()) -> list[str]:
    """The files and folders of tests in ``folder``."""
    paths = sorted((Path(__file__).resolve().parents[2] / folder).iterdir())
    names = [path.name for path in paths if path.is_dir() or path.name.startswith("test_")]
    return [f"{folder}/{name}" for name in names if not name.startswith("_") and name not in but]


def _pages(patterns: Collection[str]) -> list[str]:
    """The files of tests in a browser by their names."""
    paths = _tests(_WEB)
    return [path for path in paths if any(PurePath(path).match(pattern) for pattern in patterns)]


_OTHERS = _tests(_ACCEPTANCE, but=_PHONES)
_IN_A_BROWSER = {*_pages(_AXE), *_pages(_BROWSERS)}
#: What runs in sight, then what runs beside it; how nice each is to the others.
RUNS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, (*_OTHERS, *_pages(_BROWSERS))),
    (0, (*(f"{_ACCEPTANCE}/{name}" for name in _PHONES), *_pages(_AXE))),
    (
        5,
        (
            "tests/unit",
            *_tests(_INTEGRATION, but=("web",)),
            *(path for path in _tests(_WEB) if path not in _IN_A_BROWSER),
        ),
    ),
)
#: What computes of a deep run, as two runs. Pages in a browser are no part of it: a walk by
#: keyboard is one walk, whose states lean on each other, and half an hour of both cores.
COMPUTING: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("tests/unit", *_tests(_INTEGRATION, but=("web",)))),
    (0, tuple(path for path in _tests(_WEB) if path not in _IN_A_BROWSER)),
)
_DEEP_ONLY = ("-m", "(deep or counts) and not ear")
#: The runs leave out what listens; where that lies.
_DEAF = ("-m", "not ear")
LISTENING = _ACCEPTANCE
_CLOSING = re.compile(r"^(?=.* in [0-9.]+s).*\b(passed|failed)\b")
_COUNT = re.compile(r"([0-9]+) (passed|failed|skipped|errors?|deep)")
_FAILURES = re.compile(r"^=+ (FAILURES|ERRORS) =+$", re.MULTILINE)
#: So many unsteady tests in one run are red: then it isn't the machine, or it judges nothing.
MOST_UNSTEADY = 1
#: So many are tried again: more is no accident.
_TRIED_AGAIN = 4
#: Where what is kept of them lies.
KEPT = Path(__file__).resolve().parents[2] / "var" / "unsteady"
#: Of the failures of one run so many characters are said again.
_SAID_AGAIN = 4000


def counted(output: str) -> Counter[str]:
    """How many tests passed, failed, were skipped, by the last closing line of ``output``."""
    closing = [line for line in output.splitlines() if _CLOSING.search(line)]
    found = Counter({"passed": 0, "failed": 0, "skipped": 0})
    for count, word in _COUNT.findall(closing[-1]) if closing else ():
        found[word.rstrip("s")] += int(count)
    return found


def failures(output: str) -> str:
    """The end of what ``output`` says of its failures, "" where nothing failed."""
    begin = _FAILURES.search(output)
    return output[begin.start() :][-_SAID_AGAIN:] if begin else ""


def closing_line(runs: Sequence[Counter[str]], seconds: float) -> str:
    """One line for all, as pytest's own."""
    together: Counter[str] = Counter()
    for run in runs:
        together.update(run)
    words = {"passed": "passed", "failed": "failed", "skipped": "skipped"}
    more = {"error": "error", "unsteady": "unsteady", "deep": "deep left out"}
    words |= {word: said for word, said in more.items() if together[word]}
    minutes, rest = divmod(int(seconds), 60)
    said = ", ".join(f"{together[word]} {words[word]}" for word in words)
    return f"{said} in {seconds:.2f}s ({minutes // 60}:{minutes % 60:02d}:{rest:02d})"


def steadied(found: Sequence[Counter[str]], unsteady_ones: int) -> list[Counter[str]]:
    """What the runs counted, where so many that failed then passed alone: at most
    ``MOST_UNSTEADY`` of them count as passed, and say so."""
    if not 0 < unsteady_ones <= MOST_UNSTEADY:
        return list(found)
    moved = Counter(passed=unsteady_ones, unsteady=unsteady_ones, failed=-unsteady_ones)
    together: Counter[str] = Counter()
    for one in (*found, moved):
        together.update(one)
    return [together]


def code_of(found: Sequence[Counter[str]], codes: Sequence[int]) -> int:
    """The exit code: the worst of the runs', but 0 where none of their failures is left."""
    left = sum(one["failed"] + one["error"] for one in found)
    if sum(one["unsteady"] for one in found) and not left and set(codes) <= {0, 1}:
        return 0
    return max(abs(code) for code in codes)


def _command(niceness: int, parts: Sequence[str]) -> list[str]:
    return ["nice", "-n", str(niceness), sys.executable, "-m", "pytest", *parts]


def _begin(
    niceness: int, parts: Sequence[str], log: IO[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """A run in a session of its own: a kernel that groups processes by sessions (sched(7),
    autogroup) weighs those against each other, and heeds no process's own niceness."""
    begun = subprocess.Popen(
        _command(niceness, parts),
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    with suppress(OSError):  # the kernel does not group
        Path(f"/proc/{begun.pid}/autogroup").write_text(str(niceness), encoding="ascii")
    return begun


def _show(stream: IO[str]) -> str:
    """Print what comes as it comes; all of it."""
    seen = []
    for line in stream:
        sys.stdout.write(line)
        sys.stdout.flush()
        seen.append(line)
    return "".join(seen)


def _in_sight(command: Sequence[str], environment: Mapping[str, str]) -> tuple[str, int]:
    """Runs it and prints what it says; all of it, its exit code."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        said = _show(process.stdout)
    return said, process.returncode


def _listens(arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[str, int]:
    """Runs what listens, when nothing else runs."""
    print("\n== what listens, alone", flush=True)
    command = _command(0, (*arguments, "-m", "ear", LISTENING))
    return _in_sight(command, {**environment, unsteady.ALONE: "1"})


def _alone(folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs again, one after the other, what may have been the machine's fault; how many passed."""
    passed = 0
    for one in list(unsteady.candidates(folder))[:_TRIED_AGAIN]:
        print(f"\n== once more, alone: {one.nodeid}\n{one.said}", flush=True)
        again = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments, one.nodeid],
            env={**environment, unsteady.ALONE: "1"},
            check=False,
        )
        if again.returncode == 0:
            passed += 1
            kept = KEPT / one.folder.name
            shutil.copytree(one.folder, kept, dirs_exist_ok=True)
            print(f"** unsteady: {one.nodeid}; what it heard and wrote: {kept}", flush=True)
    return passed


def _tell(said: Sequence[str], unsteady_ones: Callable[[], int]) -> list[Counter[str]]:
    """What failed, what of it is unsteady, what it all cost; the counts."""
    for what in filter(None, map(failures, said)):
        print(f"\n== what failed, again\n{what}", flush=True)
    found = steadied([counted(one) for one in said], unsteady_ones())
    if cost := costs.read(line for one in said for line in one.splitlines()):
        print("\n== what all runs cost", *costs.lines(cost), sep="\n", flush=True)
    return found


def main(arguments: Sequence[str]) -> int:
    """Run all, each run with those arguments; the exit code."""
    runs, selected = RUNS, _DEAF
    if "--computing" in arguments:
        runs, selected = COMPUTING, _DEEP_ONLY
        arguments = [one for one in arguments if one != "--computing"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # a time limit: say what there is
    begun = time.monotonic()
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="callflow-runs-") as folder, ExitStack() as stack:
        listened = Path(folder) / "unsteady"
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", unsteady.FOLDER: str(listened)}
        logs = [Path(folder) / f"{number}.txt" for number, _ in enumerate(runs)]
        beside = [
            _begin(
                niceness,
                (*arguments, *selected, *parts),
                stack.enter_context(log.open("w")),
                environment,
            )
            for (niceness, parts), log in zip(runs[1:], logs[1:], strict=True)
        ]
        try:
            shown, code = _in_sight(
                _command(runs[0][0], (*arguments, *selected, *runs[0][1])), environment
            )
            said.append(shown)
            codes = [code, *(process.wait() for process in beside)]
        finally:  # told to end as well: what was found until then is worth reading
            for run, log, process in zip(runs[1:], logs[1:], beside, strict=True):
                said.append(log.read_text(errors="replace"))
                print(f"\n== {' '.join(run[1])}\n{said[-1]}", flush=True)
                process.terminate()
        if runs is RUNS:
            shown, code = _listens(arguments, environment)
            said.append(shown)
            codes.append(code)
        found = _tell(said, lambda: _alone(listened, arguments, environment))
    print(closing_line(found, time.monotonic() - begun), flush=True)
    return code_of(found, codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
