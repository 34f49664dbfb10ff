"""What a whole run consists of: units, each one process of pytest, the dearest first.

No list of names: a file or folder of tests that is added is in a unit by where it lies. A package
of acceptance tests shares a station, so it is one unit; every other file of them is one. Pages in
a browser go together until they are worth a process, with what has an Asterisk of its own, and so
does what only computes. A file that is dear by itself (dear.py) is parted: each of several units
takes its share of the tests (shares.py). What has conversations comes first: it mostly waits.

Which they are is the same everywhere, their order is not: a file costs as much as in the last run
here; where there was none, as much as is kept of it; else what tests of its kind do.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.suite import dear
from tests.support.suite.no_skips import PARTS

ROOT = Path(__file__).resolve().parents[3]
#: Has conversations in real time; has pages in a browser or an Asterisk of its own; neither.
LIVE, BROWSER, COMPUTING = "live", "browser", "computing"
#: Seconds that a test with conversations lasts; of CPU, that others cost, and one without I/O.
_GUESS, _NO_IO = {LIVE: 20.0, BROWSER: 4.0, COMPUTING: 0.3}, 0.05
#: Files go together until they cost so many seconds of CPU; of what a fast run leaves out so many,
#: so that no core waits for a last unit. A file that is dearer than the third number is parted.
_TOGETHER, _TOGETHER_DEEP, _MOST = 100.0, 60.0, 150.0
#: Seconds that a place costs where a test has more of something in a deep run.
_MORE = 45.0
_DEEP = re.compile(r"\bmarks=pytest\.mark\.deep\b|\bdeep_run: bool\b")
_IN_REAL_TIME = re.compile(
    r"^ *(from|import) playwright\b|\bpair: Pair\b|\bfind_or_fetch\(", re.MULTILINE
)
_EAR = re.compile(r"\bpytest\.mark\.ear\b")
_SHARED = re.compile(r'loop_scope="package"')
_TEST = re.compile(r"^ *(?:async )?def test_", re.MULTILINE)
#: Seconds of a file, or of a folder.
Cost = Callable[[Path], float]
#: By file, as the last run told: seconds that passed, and seconds of CPU.
Known = Mapping[str, Sequence[float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """``parts``: files and folders, as pytest is given them. ``share``: which of how many shares of
    their tests. ``seconds``: as far as is known; of CPU, where it has no conversations."""

    name: str
    parts: tuple[str, ...]
    kind: str
    seconds: float = 0.0
    share: tuple[int, int] = (1, 1)


def listening(root: Path = ROOT) -> Unit:
    """What listens to live audio: nothing else is collected for it. First those that share a
    station of their package, which can be begun beside what does not listen (unsteady.SILENCE)."""
    acceptance = files(root / "tests" / "acceptance")
    ears = [file for file in acceptance if _EAR.search(file.read_text(encoding="utf-8"))]
    ears.sort(key=lambda file: _SHARED.search(file.read_text(encoding="utf-8")) is None)
    parts = tuple(file.relative_to(root).as_posix() for file in ears)
    return Unit(name="what listens, alone", parts=parts, kind=LIVE)


def files(path: Path) -> list[Path]:
    """The files of tests at or under it."""
    return [path] if path.is_file() else sorted(path.rglob("test_*.py"))


def whole(known: Known | None = None, root: Path = ROOT, *, deep: bool = False) -> list[Unit]:
    """All units of the suite. ``known``: what files cost in the last run. Of a ``deep`` one no file
    of pages is parted: there a walk is asked, as a whole, what it did not come to."""
    kept = dear.seconds(dear.DEEP if deep else dear.FAST)
    return _units(known or {}, root, kept, _guess_deep if deep else _guess, _TOGETHER)


def deep_computing(known: Known | None = None, root: Path = ROOT) -> list[Unit]:
    """Units of what only computes, for what a fast run leaves out or has less of."""
    units = _units(known or {}, root, dear.seconds(dear.DEEP), _guess_deep, _TOGETHER_DEEP)
    return [unit for unit in units if unit.kind == COMPUTING]


def _units(
    known: Known, root: Path, kept: Mapping[str, float], guess: Cost, together: float
) -> list[Unit]:
    def name(file: Path) -> str:
        return file.relative_to(root).as_posix()

    def cost(path: Path) -> float:
        return sum(kept.get(name(file)) or guess(file) for file in files(path))

    def took(file: Path, kind: str) -> float:
        if last := known.get(name(file)):
            return last[0] if kind == LIVE else last[1]
        return guess(file) if kind == LIVE else cost(file)

    found = list[Unit]()
    for part in PARTS:
        for kind, paths in _groups(root / "tests" / part, cost, together):
            parts = tuple(map(name, paths))
            shares = 1
            if kind != LIVE and parts[0] in kept and cost(paths[0]) > _MOST:  # then it lies alone
                shares = math.ceil(cost(paths[0]) / _MOST)
            seconds = sum(took(file, kind) for path in paths for file in files(path)) / shares
            found += (
                Unit(
                    name=_called(parts, (number, shares)),
                    parts=parts,
                    kind=kind,
                    seconds=seconds,
                    share=(number, shares),
                )
                for number in range(1, shares + 1)
            )
    return sorted(found, key=lambda unit: (unit.kind != LIVE, -unit.seconds))


def _called(parts: Sequence[str], share: tuple[int, int]) -> str:
    more = f" +{len(parts) - 1}" if parts[1:] else ""
    of = " {}/{}".format(*share) if share[1] > 1 else ""
    return parts[0].removeprefix("tests/") + more + of


@functools.cache
def _kind(path: Path) -> str:
    """A folder's: that of the dearest file in it."""
    if "acceptance" in path.parts:
        return LIVE
    return BROWSER if any(_IN_REAL_TIME.search(_text(file)) for file in files(path)) else COMPUTING


@functools.cache
def _text(file: Path) -> str:
    """Read once: a folder is asked about again and again."""
    return file.read_text(encoding="utf-8")


@functools.cache
def _guess(path: Path) -> float:
    """Seconds, by the number of tests."""
    each = {file: _NO_IO if "unit" in file.parts else _GUESS[_kind(file)] for file in files(path)}
    return sum(seconds * len(_TEST.findall(_text(file))) for file, seconds in each.items())


@functools.cache
def _guess_deep(path: Path) -> float:
    """Seconds of what a fast run leaves out: each test may have a twin, or more of something."""
    if "unit" in path.parts:
        return _guess(path)
    more = sum(len(_DEEP.findall(_text(file))) for file in files(path))
    return _guess(path) + _MORE * more


def _groups(part: Path, cost: Cost, together: float) -> Iterator[tuple[str, Sequence[Path]]]:
    """What of a part goes together, and its kind."""
    if part.name == "acceptance":
        yield from ((LIVE, [path]) for path in _inside(part))
        return
    kinds: dict[str, list[Path]] = {BROWSER: [], COMPUTING: []}
    for path in _taken_apart(part, cost, together):
        kinds[_kind(path)].append(path)
    for kind, paths in kinds.items():
        held: list[Path] = []
        for path in paths:
            if held and sum(map(cost, (*held, path))) > together:
                yield kind, held
                held = []
            held.append(path)
        if held:
            yield kind, held


def _taken_apart(folder: Path, cost: Cost, together: float) -> Iterator[Path]:
    """Its files, and the folders in it that don't last too long to be taken as one."""
    for path in _inside(folder):
        if path.is_dir() and cost(path) > together:
            yield from _taken_apart(path, cost, together)
        else:
            yield path


def _inside(folder: Path) -> list[Path]:
    """The files and folders of tests that lie in it."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.name.startswith("test_") or (path.is_dir() and files(path))
    ]
