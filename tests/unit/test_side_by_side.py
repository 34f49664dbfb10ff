"""The whole suite as a queue: counted together, and no failure is lost."""

from __future__ import annotations

from collections import Counter

from tests.support.suite.side_by_side import (
    AT_ONCE,
    closing_line,
    code_of,
    failures,
    following,
    steadied,
)
from tests.support.suite.unit_process import Result
from tests.support.suite.units import BROWSER, COMPUTING, LIVE, Unit


def test_the_closing_line_is_pytests_own() -> None:
    line = closing_line(Counter(passed=5, failed=1, error=4), 3725.5)
    assert line == "5 passed, 1 failed, 0 skipped, 4 error in 3725.50s (1:02:05)"
    line = closing_line(Counter(passed=6, deep=42), 3.0)
    assert line == "6 passed, 0 failed, 0 skipped, 42 deep left out in 3.00s (0:00:03)"


def test_one_unsteady_test_is_said_and_green() -> None:
    found = steadied(Counter(passed=8, failed=1), 1)
    line = closing_line(found, 3.0)
    assert line == "9 passed, 0 failed, 0 skipped, 1 unsteady in 3.00s (0:00:03)"
    assert code_of(found, [1, 0, 0]) == 0


def test_two_unsteady_tests_are_red() -> None:
    found = steadied(Counter(passed=8, failed=2), 2)
    assert found == Counter(passed=8, failed=2)
    assert code_of(found, [1, 1, 0]) == 1


def test_an_unsteady_test_hides_no_other_failure() -> None:
    failed = steadied(Counter(passed=5, failed=2), 1)
    assert closing_line(failed, 1.0).startswith("6 passed, 1 failed, 0 skipped, 1 unsteady")
    assert code_of(failed, [1, 0]) == 1
    assert code_of(steadied(Counter(passed=5, failed=1, error=1), 1), [1, 0]) == 1
    assert code_of(steadied(Counter(passed=5, failed=1), 1), [1, -15]) == 15  # a unit was killed
    assert code_of(Counter(passed=5), [0, 4]) == 4


def _ended(code: int, said: str = "", **counts: int) -> Result:
    return Result(name="unit/core", code=code, said=said, counts=Counter(counts))


def test_a_unit_whose_tests_are_all_left_out_is_green_and_an_empty_one_is_not() -> None:
    assert _ended(0, passed=3).good
    assert _ended(5, deselected=3).good
    assert not _ended(5).good
    assert not _ended(1, passed=3, failed=1).good
    assert not _ended(-9, passed=3).good
    assert code_of(Counter(), [_ended(5, deselected=3).outcome]) == 0
    assert code_of(Counter(), [_ended(5).outcome]) == 5


def test_what_failed_is_said_again_and_nothing_else() -> None:
    why = "=== FAILURES ===\n_ it _\nE   assert 1 == 2\n"
    assert failures(_ended(1, f"tests/x.py .F\n{why}")) == why
    assert failures(_ended(1, f"{why}{'.' * 10_000}the end")).endswith(".the end")
    assert len(failures(_ended(1, f"{why}{'.' * 10_000}"))) < 5_000
    assert failures(_ended(-9, "tests/x.py ..")) == "tests/x.py .."
    assert failures(_ended(0, "tests/x.py ...", passed=3)) == ""


def _unit(kind: str) -> Unit:
    return Unit(name=kind, parts=(kind,), kind=kind)


def test_no_more_conversations_at_once_than_the_cores_bear() -> None:
    live, page, sums = map(_unit, (LIVE, BROWSER, COMPUTING))
    waiting = [live, live, page, sums]
    assert following(waiting, []) is live
    assert following(waiting, [live] * AT_ONCE[LIVE]) is page
    assert following([live, live], [live] * AT_ONCE[LIVE]) is None
    assert following([live], [sums] * (AT_ONCE["all"] - 1)) is live
    assert following(waiting, [sums] * AT_ONCE["all"]) is None
    assert following([], []) is None
