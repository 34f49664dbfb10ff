"""The whole suite in three runs: counted together, and no failure is lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.support.no_skips import PARTS
from tests.support.side_by_side import (
    COMPUTING,
    LISTENING,
    RUNS,
    closing_line,
    code_of,
    counted,
    failures,
    steadied,
)

ONE = "....\n3 passed, 0 failed, 0 skipped in 12.00s\n"
OTHER = "..F\nFAILED tests/x.py::it\n2 passed, 1 failed, 0 skipped, 4 errors in 100.10s (0:01:40)\n"


def test_what_each_says_is_added() -> None:
    assert counted(ONE) == Counter(passed=3, failed=0, skipped=0)
    assert counted(OTHER) == Counter(passed=2, failed=1, skipped=0, error=4)
    line = closing_line([counted(ONE), counted(OTHER)], 3725.5)
    assert line == "5 passed, 1 failed, 0 skipped, 4 error in 3725.50s (1:02:05)"


def test_what_a_fast_run_leaves_out_is_counted() -> None:
    one = counted("5 passed, 0 failed, 0 skipped, 2 deep left out in 3.00s\n")
    other = counted("1 passed, 0 failed, 0 skipped, 40 deep left out in 3.00s\n")
    line = closing_line([one, other], 3.0)
    assert line == "6 passed, 0 failed, 0 skipped, 42 deep left out in 3.00s (0:00:03)"


def test_one_unsteady_test_is_said_and_green() -> None:
    runs = [Counter(passed=5, failed=1, skipped=0), Counter(passed=3, failed=0, skipped=0)]
    found = steadied(runs, 1)
    line = closing_line(found, 3.0)
    assert line == "9 passed, 0 failed, 0 skipped, 1 unsteady in 3.00s (0:00:03)"
    assert code_of(found, [1, 0, 0]) == 0


def test_two_unsteady_tests_are_red() -> None:
    runs = [Counter(passed=5, failed=1, skipped=0), Counter(passed=3, failed=1, skipped=0)]
    found = steadied(runs, 2)
    assert found == runs
    assert code_of(found, [1, 1, 0]) == 1


def test_an_unsteady_test_hides_no_other_failure() -> None:
    failed = steadied([Counter(passed=5, failed=2, skipped=0)], 1)
    assert closing_line(failed, 1.0).startswith("6 passed, 1 failed, 0 skipped, 1 unsteady")
    assert code_of(failed, [1, 0, 0]) == 1
    assert code_of(steadied([Counter(passed=5, failed=1, error=1)], 1), [1, 0, 0]) == 1
    assert code_of(steadied([Counter(passed=5, failed=1)], 1), [1, -15, 0]) == 15  # a run was ended
    assert code_of([Counter(passed=5)], [0, 4, 0]) == 4


def test_a_run_that_never_closed_counts_nothing() -> None:
    assert counted("Timeout (0:06:00)!\n") == Counter(passed=0, failed=0, skipped=0)


def test_what_failed_is_said_again_and_nothing_else() -> None:
    why = "=== FAILURES ===\n_ it _\nE   assert 1 == 2\n"
    assert failures(f"tests/x.py .F\n{why}{OTHER}") == f"{why}{OTHER}"
    assert failures(f"{why}{'.' * 10_000}{OTHER}").endswith(OTHER)
    assert len(failures(f"{why}{'.' * 10_000}{OTHER}")) < 5_000
    assert failures(ONE) == ""


_ROOT = Path(__file__).resolve().parents[2]


def _files(parts: Iterable[str]) -> list[Path]:
    """The files of tests in folders, and files."""
    paths = [_ROOT / part for part in parts]
    found = [f for path in paths for f in ([path] if path.is_file() else path.rglob("test_*.py"))]
    return sorted(path for path in found if path.name.startswith("test_"))


def test_all_together_are_the_whole_suite_each_once() -> None:
    run = [part for _, parts in RUNS for part in parts]
    assert _files(run) == _files(f"tests/{part}" for part in PARTS)


def test_what_listens_lies_where_it_is_looked_for() -> None:
    marked = re.compile(r"^(pytestmark\b.*|    |@)pytest\.mark\.ear\b", re.MULTILINE)
    every = _files(f"tests/{part}" for part in PARTS)
    listening = {path for path in every if marked.search(path.read_text(encoding="utf-8"))}
    listening.discard(_ROOT / "tests/integration/test_harness.py")  # suites in it, as text
    assert listening
    assert listening <= set(_files([LISTENING]))


def test_what_computes_is_all_that_needs_neither_phone_nor_browser() -> None:
    run = [part for _, parts in COMPUTING for part in parts]
    in_a_browser = re.compile(r"test_(axe_.*|.*browser|every_action_by_keyboard)\.py")
    every = _files(("tests/unit", "tests/integration"))
    assert _files(run) == [path for path in every if not in_a_browser.fullmatch(path.name)]
