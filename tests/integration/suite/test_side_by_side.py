"""The queue of a whole run, whose units go well, fail, hang, die, or leave something behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.suite import costs, forked, in_memory, marked
from tests.support.suite.side_by_side import Queue, closing_line
from tests.support.suite.unit_process import load_plugins
from tests.support.suite.units import COMPUTING, Unit

_UNITS = {
    "well": "def test_it(): pass\n\nimport pytest\n@pytest.mark.deep\ndef test_deep(): pass\n",
    "shared": "def test_1(): pass\ndef test_2(): pass\ndef test_3(): pass\n",
    "deep": "import pytest\n@pytest.mark.deep\ndef test_it(): pass\n",
    "ill": "def test_it():\n    assert 1 == 2\n",
    "skips": "import pytest\ndef test_it():\n    pytest.skip('no phone')\n",
    "dies": "import os\ndef test_well(): pass\ndef test_it():\n    os._exit(7)\n",
    "empty": "X = 1\n",
    "broken": "import nothing_like_that\n",
    "leaves": "import subprocess\ndef test_it():\n    global kept\n"
    "    kept = subprocess.Popen(['sleep', '60'], start_new_session=True)\n",
}
#: What it began ends, and what that began computes for a second more.
_ORPHAN = """
import subprocess, sys
computes = "import time\\nwhile time.process_time() < 1.2: pass"
def test_it():
    words = ["sh", "-c", '"$0" -Sc "$1" &', sys.executable, computes]
    subprocess.run(words, stdout=subprocess.PIPE, check=True)
"""
#: A test that has begun a daemon, and says so, and hangs.
_HANGS = """
import pathlib, subprocess, threading
def test_ill(): assert 3 == 4
def test_it():
    begun = subprocess.Popen(["sleep", "600"], start_new_session=True)
    pathlib.Path(__file__).with_name("begun").write_text(str(begun.pid))
    threading.Event().wait()
"""


def main() -> None:
    """A queue of such units: the folder of their files, seconds, and their names."""
    folder, longest, *names = sys.argv[1:]
    parts = {name: (f"{folder}/test_{name}.py",) for name in names}
    queue = Queue(Path(folder), ["-c", "pyproject.toml", "--rootdir", folder], float(longest))
    signal.signal(signal.SIGTERM, queue.obey)
    shares = {"shared": [(1, 2), (2, 2)]}
    units = [
        Unit(name=f"{name}{place if of > 1 else ''}", parts=part, kind=COMPUTING, share=(place, of))
        for name, part in parts.items()
        for place, of in shares.get(name, [(1, 1)])
    ]
    if "tests.support.suite.depth" not in sys.modules:  # they have been loaded by who was forked
        load_plugins()
    ended = list(queue.run(units, "-m", "not ear"))
    print(*costs.lines(one.cost for one in ended), sep="\n")
    print(closing_line(sum((one.counts for one in ended), Counter()), 1.0))
    sys.exit(max(abs(one.outcome) for one in ended))


class Run:
    """Such a queue, forked from what has loaded all that it needs."""

    def __init__(self, folder: Path, longest: float, *names: str) -> None:
        (folder / "conftest.py").write_text("from tests.conftest import *\n", encoding="utf-8")
        for name in names:
            source = {**_UNITS, "orphan": _ORPHAN}.get(name, _HANGS)
            (folder / f"test_{name}.py").write_text(source, encoding="utf-8")
        environment = {**os.environ, "CALLFLOW_TEST_QUEUE": str(folder)}
        self._said = folder / "said"
        words = (str(folder), str(longest), *names)
        with self._said.open("wb") as output:
            self.process = forked.module(
                __name__, *words, environment=environment, output=output.fileno()
            )

    def ended(self) -> tuple[int, str]:
        """Its exit code, and all that it said; the test's limit bounds it."""
        return self.process.wait(), self._said.read_text(encoding="utf-8", errors="replace")


def _left(folder: Path) -> list[list[str]]:
    return [command for _, command in marked.processes(f"CALLFLOW_TEST_QUEUE={folder}")]


def test_each_unit_says_how_it_ended_and_no_failure_is_lost(tmp_path: Path) -> None:
    code, said = Run(tmp_path, 60.0, *_UNITS).ended()

    lines = said.splitlines()
    ends = {line.partition(" in ")[0] for line in lines if " s of CPU" in line}
    assert ends >= {
        "passed  well: 1 passed",
        "passed  shared1: 2 passed",
        "passed  shared2: 1 passed",
        "passed  deep: no test",
        "FAILED  ill: 1 failed",
        "FAILED  skips: 1 failed",
        "FAILED  dies: 1 passed, 1 error",
        "FAILED  empty: 1 error",
        "FAILED  broken: 1 error",
        "FAILED  leaves: 1 passed, 1 error",
    }, said
    assert "E   assert 1 == 2" in said
    assert re.search(r"ended with 7 after .*test_dies.py::test_it", said)
    assert "skipped, and nothing may be: " in said
    assert "No module named 'nothing_like_that'" in said
    assert "The tests left processes behind" in said
    assert lines[-1].startswith("6 passed, 2 failed, 0 skipped, 4 error, 2 deep left out in"), said
    assert code == 7
    assert _left(tmp_path) == []


def test_what_outlives_its_parent_costs_its_unit(tmp_path: Path) -> None:
    _, said = Run(tmp_path, 60.0, "orphan").ended()

    (cpu,) = re.findall(r"passed  orphan: 1 passed in [0-9]+ s, ([0-9]+) s of CPU", said)
    assert int(cpu) >= 1, said
    assert float(said.splitlines()[-2].split()[-4]) >= 1.2, said


def test_a_unit_that_hangs_is_ended_and_says_where(tmp_path: Path) -> None:
    _, said = Run(tmp_path, 6.0, "hangs").ended()

    assert "FAILED  hangs: " in said
    assert re.search("ended with .* after [0-9]+ s", said)
    assert _left(tmp_path) == []


def _until(there: Callable[[], bool]) -> None:
    nap = threading.Event()
    while not there():  # the test's limit bounds it
        nap.wait(0.05)


def _until_begun(folder: Path) -> None:
    _until(lambda: (folder / "begun").exists() and bool((folder / "begun").read_text()))


def test_told_to_end_it_says_what_there_is(tmp_path: Path) -> None:
    run = Run(tmp_path, 60.0, "hangs")
    _until_begun(tmp_path)
    run.process.send_signal(signal.SIGTERM)
    run.process.send_signal(signal.SIGTERM)
    code, said = run.ended()

    assert re.search(r"test_hangs.py\", line [0-9]+ in test_it", said)
    assert re.search(r"ended with .* after .*test_hangs.py::test_it", said)
    assert "E   assert 3 == 4" in said
    assert said.splitlines()[-1].startswith("0 passed, 1 failed, 0 skipped in"), said
    assert code
    assert _left(tmp_path) == []


@pytest.mark.parametrize("killed", ["the queue", pytest.param("the unit", marks=pytest.mark.deep)])
def test_killed_it_leaves_nothing_behind(tmp_path: Path, killed: str) -> None:
    run = Run(tmp_path, 60.0, "hangs")
    _until_begun(tmp_path)
    daemon = int((tmp_path / "begun").read_text() or 0)
    parent = Path(f"/proc/{daemon}/stat").read_text().rpartition(")")[2].split()[1]
    os.kill(run.process.pid if killed == "the queue" else int(parent), signal.SIGKILL)
    run.ended()
    _until(lambda: not _left(tmp_path))


def test_what_a_killed_run_left_goes_with_the_next_and_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("CALLFLOW_TEST_PLACE", raising=False)
    process = subprocess.Popen(["true"])
    process.wait()
    killed, of_another = tmp_path / f"cf-{process.pid}-left", tmp_path / "cf-soak-kept"
    living = in_memory.new_folder("cf")
    for folder in (killed, of_another):
        folder.mkdir()
    made = in_memory.new_folder("cf")
    assert set(tmp_path.iterdir()) == {living, of_another, made}
