"""``./run soak mutants [name…]``: planted defects, one after the other, each in a copy
of the tree; the fast tests that a defect names must go red.

A mutant is a patch under tests/mutants. Before the diff it says what it breaks, and who finds it:

    Breaks: invariant 1: a signal is acknowledged before it is durable
    Red: tests/integration/receiver/test_acknowledging.py::test_the_answer_waits_for_the_commit

``Red`` names a test of the fast suite; of several such lines one that goes red is enough.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.suite import marked

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "tests" / "mutants"
#: What a copy of the tree does without.
_NOT_COPIED = (".git", ".venv", "var", ".run.lock", ".hypothesis", "*_cache", "test-results")
#: Seconds that the tests of one mutant may last: a defect may make them hang.
LONGEST = 900
_MARK = "CALLFLOW_TEST_MUTANTS"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class NotAMutantError(ValueError):
    """A patch whose head doesn't say what it breaks, or who finds it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """One defect. ``red``: the tests that see it, as ``path::test``."""

    patch: Path
    breaks: str
    red: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.patch.stem


def read(patch: Path) -> Mutant:
    """Raises NotAMutantError."""
    head = patch.read_text(encoding="utf-8").partition("diff --git ")[0]
    said: dict[str, list[str]] = {"Breaks": [], "Red": []}
    for line in head.splitlines():
        key, _, value = line.partition(": ")
        if key not in said or not value.strip():
            raise NotAMutantError(f"{patch.name}: {line!r} is neither 'Breaks: …' nor 'Red: …'")
        said[key].append(value.strip())
    if len(said["Breaks"]) != 1 or not said["Red"]:
        raise NotAMutantError(f"{patch.name}: one line 'Breaks: …', and 'Red: …' of its tests")
    return Mutant(patch=patch, breaks=said["Breaks"][0], red=tuple(said["Red"]))


def read_all(folder: Path = FOLDER) -> list[Mutant]:
    """In the order of their names."""
    return [read(patch) for patch in sorted(folder.glob("*.patch"))]


def trouble(mutant: Mutant, root: Path = ROOT) -> str:
    """Why it doesn't apply to the tree of ``root``; "": it does. Nothing is changed."""
    return _apply(mutant, root, "--check")


def _apply(mutant: Mutant, root: Path, *how: str) -> str:
    # One line around each change is enough: others' edits close by are no matter. And another
    # repository's folder around the tree would make git look for the files there.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent)}
    done = subprocess.run(
        ["git", "apply", "-C1", *how, str(mutant.patch)],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip() if done.returncode else ""


def missing_tests(mutant: Mutant, root: Path = ROOT) -> list[str]:
    """Those of its tests that a fast run hasn't: they are not there, or deep."""
    return [red for red in mutant.red if not _is_fast(red, root)]


def _is_fast(red: str, root: Path) -> bool:
    path, _, name = red.partition("::")
    file = root / path
    return file.is_file() and name in {
        node.name
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any("mark.deep" in ast.unparse(one) for one in node.decorator_list)
    }


# --- running ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """``word``: killed, survived, does not apply, broken (its tests could not be run)."""

    mutant: Mutant
    word: str
    said: str
    seconds: float

    @property
    def good(self) -> bool:
        return self.word == "killed"


@contextmanager
def copied_tree() -> Iterator[Path]:
    """The tree as it is now, changes that nobody committed included, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="callflow-mutant-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        yield tree


def judge(mutant: Mutant) -> Verdict:
    """Plant it, and look whether its tests see it."""
    begun = time.monotonic()
    with copied_tree() as tree:
        word, said = "does not apply", _apply(mutant, tree)
        if not said:
            code, output = run_tests(mutant.red, tree)
            word = {0: "survived", 1: "killed"}.get(code, "broken")
            red = ", ".join(dict.fromkeys(_FAILED.findall(output))) or "too slow"
            said = {"survived": "", "killed": red}.get(word, output[-2000:])
    return Verdict(mutant=mutant, word=word, said=said, seconds=time.monotonic() - begun)


def run_tests(tests: Collection[str], tree: Path) -> tuple[int, str]:
    """As a fast run does, until the first that fails: pytest's exit code, and what it said. What
    takes too long has failed."""
    paths = dict.fromkeys(test.partition("::")[0] for test in tests)
    # Not PATH::NAME: whoever names a test so gets it on every database, deep or not.
    names = " or ".join(test.partition("::")[2] for test in tests)
    command = [sys.executable, "-m", "pytest", "-q", "-x", *paths, "-k", names]
    mark, log = f"{_MARK}={uuid.uuid4().hex}", tree.parent / "said.txt"
    with log.open("w") as said:
        code = marked.run(command, mark, said, tree=tree, environment={}, longest=LONGEST)
    return 1 if code is None else code, log.read_text(encoding="utf-8", errors="replace")


def chosen(names: Sequence[str]) -> list[Mutant]:
    """All, or those whose name begins so. Raises SystemExit for a name that none has."""
    mutants = read_all()
    for name in names:
        if not any(mutant.name.startswith(name) for mutant in mutants):
            raise SystemExit(f"no mutant of tests/mutants begins with {name!r}")
    return [m for m in mutants if not names or m.name.startswith(tuple(names))]


def main(names: Sequence[str]) -> int:
    """The exit code: 1 where a mutant isn't killed, or its tests are red without it."""
    marked.exit_when_told()  # copies go on the way out
    mutants = chosen(names)
    tests = sorted({test for mutant in mutants for test in mutant.red})
    print(f"{len(mutants)} mutants; first their {len(tests)} tests without any", flush=True)
    with copied_tree() as tree:
        code, output = run_tests(tests, tree)
    if code:
        print(f"{output[-4000:]}\nred without a mutant, so they show nothing")
        return 1
    verdicts = []
    for mutant in mutants:
        found = judge(mutant)
        verdicts.append(found)
        print(f"{found.word:<14} {mutant.name}  {found.seconds:.0f} s  {found.said}", flush=True)
    bad = [found for found in verdicts if not found.good]
    print(f"mutants: {len(verdicts) - len(bad)} killed, {len(bad)} not")
    for found in bad:
        print(f"  {found.word}: {found.mutant.name}: {found.mutant.breaks}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
