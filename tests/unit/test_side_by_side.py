"""The whole suite in three runs: counted together, and no failure is lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.support.no_skips import PARTS
from tests.support.side_by_side import RUNS, closing_line, counted, failures

ONE = "....\n3 passed, 0 failed, 0 skipped in 12.00s\n"
OTHER = "..F\nFAILED tests/x.py::it\n2 passed, 1 failed, 0 skipped, 4 errors in 100.10s (0:01:40)\n"


def test_what_each_says_is_added() -> None:
    assert counted(ONE) == Counter(passed=3, failed=0, skipped=0)
    assert counted(OTHER) == Counter(passed=2, failed=1, skipped=0, error=4)
    line = closing_line([counted(ONE), counted(OTHER)], 3725.5)
    assert line == "5 passed, 1 failed, 0 skipped, 4 error in 3725.50s (1:02:05)"


def test_a_run_that_never_closed_counts_nothing() -> None:
    assert counted("Timeout (0:06:00)!\n") == Counter(passed=0, failed=0, skipped=0)


def test_what_failed_is_said_again_and_nothing_else() -> None:
    why = "=== FAILURES ===\n_ it _\nE   assert 1 == 2\n"
    assert failures(f"tests/x.py .F\n{why}{OTHER}") == f"{why}{OTHER}"
    assert failures(f"{why}{'.' * 10_000}{OTHER}").endswith(OTHER)
    assert len(failures(f"{why}{'.' * 10_000}{OTHER}")) < 5_000
    assert failures(ONE) == ""


def test_all_together_are_the_whole_suite() -> None:
    root = Path(__file__).resolve().parents[2]
    wanted = [path for part in PARTS for path in (root / "tests" / part).rglob("test_*.py")]
    run = [
        path
        for _, parts in RUNS
        for part in parts
        for path in ([root / part] if part.endswith(".py") else (root / part).rglob("test_*.py"))
        if path.name.startswith("test_")
    ]
    assert sorted(run) == sorted(wanted)  # each once
