"""The defects that ``./run soak mutants`` plants: each applies, and names a fast test of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.suite.mutants import (
    NotAMutantError,
    missing_tests,
    read,
    read_all,
    trouble,
)

#: A defect for each promise: so many at the least.
FEWEST = 25
MUTANTS = read_all()


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= FEWEST
    assert len({mutant.name.partition("-")[0] for mutant in MUTANTS}) == len(MUTANTS)


def test_each_still_applies_to_the_tree() -> None:
    """Where one doesn't: make its defect anew in today's code, and see its test go red."""
    found = {mutant.name: trouble(mutant) for mutant in MUTANTS}
    assert {name: why for name, why in found.items() if why} == {}


def test_each_names_tests_of_a_fast_run() -> None:
    found = {mutant.name: missing_tests(mutant) for mutant in MUTANTS}
    assert {name: missing for name, missing in found.items() if missing} == {}


@pytest.mark.parametrize(
    "head",
    [
        "",
        "Breaks: a promise\n",
        "Red: tests/unit/test_mutants.py::test_there_are_enough\n",
        "Breaks: a promise\nBreaks: another\nRed: tests/x.py::test_x\n",
        "Breaks: a promise\nGreen: tests/x.py::test_x\n",
    ],
)
def test_a_patch_that_does_not_say_who_finds_it_is_none(tmp_path: Path, head: str) -> None:
    patch = tmp_path / "01-it.patch"
    patch.write_text(f"{head}diff --git a/run b/run\n", encoding="utf-8")
    with pytest.raises(NotAMutantError):
        read(patch)


def test_what_no_longer_applies_says_so(tmp_path: Path) -> None:
    patch = tmp_path / "01-it.patch"
    patch.write_text(
        "Breaks: a promise\nRed: tests/unit/test_gone.py::test_it\n"
        "diff --git a/run b/run\n--- a/run\n+++ b/run\n@@ -1 +1 @@\n-#!/bin/zsh\n+#!/bin/bash\n",
        encoding="utf-8",
    )
    mutant = read(patch)
    assert "patch does not apply" in trouble(mutant)
    assert missing_tests(mutant) == ["tests/unit/test_gone.py::test_it"]
