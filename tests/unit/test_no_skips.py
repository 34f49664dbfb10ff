"""A part of the suite that collects nothing is noticed."""

from __future__ import annotations

from pathlib import Path

from tests.support.suite.no_skips import without_tests


def test_a_part_without_any_test_is_named(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("X = 1\n", encoding="utf-8")

    assert without_tests(tmp_path, set()) == [tmp_path]


def test_a_file_of_tests_under_a_name_that_pytest_ignores_is_named(tmp_path: Path) -> None:
    collected = tmp_path / "test_calls.py"
    ignored = tmp_path / "calls.py"
    for path in (collected, ignored):
        path.write_text('"""Calls."""\n\ndef test_it(): pass\n', encoding="utf-8")

    assert without_tests(tmp_path, {collected}) == [ignored]
