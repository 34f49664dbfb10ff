"""The suite's own rules, each run on a small suite that breaks it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.suite import forked, unsteady
from tests.support.suite.unit_process import Process, load_plugins
from tests.support.suite.units import LIVE, Unit

_ROOT = Path(__file__).resolve().parents[3]
#: A suite, and what the run says of it.
_BREACHES = {
    "skip": (
        "import pytest\ndef test_it():\n    pytest.skip('no phone')\n",
        "skipped, and nothing may be",
    ),
    "skip mark": (
        "import pytest\n@pytest.mark.skip\ndef test_it():\n    pass\n",
        "skipped, and nothing may be",
    ),
    "xfail": (
        "import pytest\n@pytest.mark.xfail\ndef test_it():\n    assert False\n",
        "marked as an expected failure",
    ),
    "xfail that passes": (
        "import pytest\n@pytest.mark.xfail\ndef test_it():\n    pass\n",
        "XPASS(strict)",
    ),
    "missing module": (
        "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass\n",
        "skipped, and nothing may be",
    ),
    "warning": ("import warnings\ndef test_it():\n    warnings.warn('old')\n", "UserWarning: old"),
    "left process": (
        "import subprocess\ndef test_it():\n    global kept\n"
        "    kept = subprocess.Popen(['sleep', '60'], start_new_session=True)\n",
        "The tests left processes behind",
    ),
    "stuck": (
        "import threading, pytest\n@pytest.mark.timeout(0.5)\n"
        "def test_it():\n    threading.Event().wait(30)\n",
        "Timeout",
    ),
    "trace": (
        "def test_it(no_trace):\n    no_trace.expect('channels', lambda: ['PJSIP/1'])\n",
        "channels: PJSIP/1",
    ),
}


#: Runs one file of tests, in a folder, under this suite's plug-ins: the exit code, what was said.
RunSuite = Callable[..., tuple[int, str]]


def main() -> None:
    """Units of a whole run, one for each line of JSON that comes in by the first pipe: folder,
    arguments of pytest, more environment. How each ended goes out by the second."""
    if "tests.support.suite.depth" not in sys.modules:  # they have been loaded by who was forked
        load_plugins()
    with Path(sys.argv[1]).open() as asked, Path(sys.argv[2]).open("w") as told:
        for line in asked:
            folder, arguments, environment = json.loads(line)
            unit = Unit(name="suite", parts=(folder,), kind=LIVE)
            process = Process(unit, arguments, Path(folder), **environment)
            with os.fdopen(os.pidfd_open(process.pid)) as handle:
                select.select([handle], [], [])
            ended = process.ended()
            assert ended is not None
            print(json.dumps([ended.code, ended.said]), file=told, flush=True)


@pytest.fixture(scope="module")
def run_suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunSuite]:
    """By a process that is forked from what has loaded all that it needs."""
    settings = ("-c", str(_ROOT / "pyproject.toml"))
    pipes = tmp_path_factory.mktemp("suites")
    for name in ("asked", "told"):
        os.mkfifo(pipes / name)
    words = (str(pipes / "asked"), str(pipes / "told"))
    suites = forked.module(__name__, *words, environment=os.environ, output=2)
    with (pipes / "asked").open("w") as asked, (pipes / "told").open() as told:

        def run(folder: Path, source: str, *more: str, **environment: str) -> tuple[int, str]:
            (folder / "test_breach.py").write_text(source, encoding="utf-8")
            (folder / "conftest.py").write_text("from tests.conftest import *\n", encoding="utf-8")
            arguments = (*settings, "--rootdir", str(folder), *more)
            print(json.dumps([str(folder), arguments, environment]), file=asked, flush=True)
            code, said = json.loads(told.readline())
            return code, said

        yield run
    suites.wait()


@pytest.mark.parametrize("breach", _BREACHES)
def test_a_breach_of_the_rules_fails_the_run(
    breach: str, tmp_path: Path, run_suite: RunSuite
) -> None:
    source, reason = _BREACHES[breach]

    code, said = run_suite(tmp_path, source)

    assert code in {1, 2}, said
    assert reason in said
    assert " 0 skipped" in said


def test_a_clean_suite_passes(tmp_path: Path, run_suite: RunSuite) -> None:
    code, said = run_suite(tmp_path, "def test_it():\n    pass\n")

    assert code == 0, said
    assert "1 passed, 0 failed, 0 skipped in" in said.splitlines()[-1]


def test_two_runs_side_by_side_are_given_different_ports() -> None:
    """Each asks, and listens some time later."""
    asks = (
        "import os; os.getpid = lambda: 4096; from tests.support.stations.product import free_base;"
        " print(free_base(), flush=True); input()"
    )
    pipe = subprocess.PIPE
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", asks], cwd=_ROOT, stdin=pipe, stdout=pipe, text=True
        )
        for _ in range(2)
    ]
    try:
        bases = [run.stdout.readline() for run in runs if run.stdout is not None]
    finally:
        for run in runs:
            run.communicate("\n")

    assert all(bases), "each got one"
    assert len(set(bases)) == 2, bases


#: A test that is always run, one that is deep, and one on each database.
_DEPTHS = """
import pytest
from tests.support.suite.depth import DATABASES

@pytest.fixture(params=DATABASES)
def database(request): return request.param

def test_fast(): pass

@pytest.mark.deep
def test_deep(): pass

def test_both(database): pass

@pytest.mark.both_databases
def test_sql_differs(database): pass

def test_count(deep_run): print("deep run:", deep_run)
"""


def test_a_fast_run_leaves_out_what_is_deep_and_counts_it(
    tmp_path: Path, run_suite: RunSuite
) -> None:
    code, said = run_suite(tmp_path, _DEPTHS, "-v", "-s")

    assert code == 0, said
    assert "5 passed, 0 failed, 0 skipped, 2 deep left out in" in said.splitlines()[-1]
    assert "test_sql_differs[postgresql]" in said
    assert "test_both[postgresql]" not in said
    assert "deep run: False" in said


def test_a_deep_run_takes_everything(tmp_path: Path, run_suite: RunSuite) -> None:
    code, said = run_suite(tmp_path, _DEPTHS, "--deep", "-s")

    assert code == 0, said
    assert "7 passed, 0 failed, 0 skipped in" in said.splitlines()[-1]
    assert "deep run: True" in said


def test_what_somebody_deselects_is_counted_apart(tmp_path: Path, run_suite: RunSuite) -> None:
    _, said = run_suite(tmp_path, _DEPTHS, "-k", "fast")

    closing = "1 passed, 0 failed, 0 skipped, 4 deselected, 2 deep left out in"
    assert closing in said.splitlines()[-1], said


def test_a_run_of_deep_tests_alone_says_how_to_have_them(
    tmp_path: Path, run_suite: RunSuite
) -> None:
    code, said = run_suite(tmp_path, "import pytest\n@pytest.mark.deep\ndef test_it(): pass\n")

    assert code == pytest.ExitCode.USAGE_ERROR
    assert "add --deep" in said


#: Failures of tests that listen, and of one that doesn't; the first alone is the ear's.
_DEAF = """
import pytest
from tests.support.phones.hearing import NotHeardError

@pytest.fixture
def leaves():
    yield
    raise RuntimeError("left behind")

@pytest.mark.ear
def test_deaf(tmp_path):
    (tmp_path / "ear.wav").write_text("x")
    raise NotHeardError("did not hear 'goodbye'")

@pytest.mark.ear
def test_second_ring(): assert 2 == 1

@pytest.mark.ear
def test_leaves_something(leaves): raise NotHeardError("nor this")

def test_deaf_and_unmarked(): raise NotHeardError("nor that")
"""


def test_what_was_not_heard_is_written_down_for_one_more_try(
    tmp_path: Path, run_suite: RunSuite
) -> None:
    written, suite = tmp_path / "unsteady", tmp_path / "suite"
    suite.mkdir()

    _, said = run_suite(suite, _DEAF, **{unsteady.FOLDER: str(written)})

    assert "4 failed, 0 skipped, 1 error" in said.splitlines()[-1], said
    (found,) = unsteady.candidates(written)
    assert found.nodeid == "test_breach.py::test_deaf"
    assert "did not hear 'goodbye'" in found.said
    assert [path.name for path in found.folder.rglob("*.wav")] == ["ear.wav"]
    assert "somebody waited for a core" in said
