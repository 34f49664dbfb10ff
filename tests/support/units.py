"""What a whole run consists of: units, each one process of pytest, the longest first.

No list of names: a file or folder of tests that is added is in a unit by where it lies. A package
of acceptance tests shares a station, so it is one unit; every other file of them is one. Pages in
a browser go together until they are worth a process, with what has an Asterisk of its own, and so
does what only computes.

Which they are is the same everywhere, their order is not: a file takes as long as in the last run
here; where there was none, as tests of its kind do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.no_skips import PARTS

ROOT = Path(__file__).resolve().parents[2]
#: Has conversations in real time; has pages in a browser or an Asterisk of its own; neither.
LIVE, BROWSER, COMPUTING = "live", "browser", "computing"
#: Seconds that a test of each kind takes, and one that does no I/O.
_GUESS, _NO_IO = {LIVE: 20.0, BROWSER: 5.0, COMPUTING: 0.3}, 0.05
#: Files go together until they take so many seconds.
_TOGETHER = 120.0
_IN_REAL_TIME = re.compile(
    r"^ *(from|import) playwright\b|\bpair: Pair\b|\bfind_or_fetch\(", re.MULTILINE
)
_EAR = re.compile(r"\bpytest\.mark\.ear\b")
_SHARED = re.compile(r'loop_scope="package"')
_TEST = re.compile(r"^ *(?:async )?def test_", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """``parts``: files and folders, as pytest is given them. ``seconds``: as far as is known."""

    name: str
    parts: tuple[str, ...]
    kind: str
    seconds: float = 0.0


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


def whole(known: Mapping[str, float] | None = None, root: Path = ROOT) -> list[Unit]:
    """All units of the suite. ``known``: seconds by file, as the last run told them."""
    known = known or {}

    def took(file: Path) -> float:
        return known.get(file.relative_to(root).as_posix()) or _guess(file)

    found = []
    for part in PARTS:
        for kind, paths in _groups(root / "tests" / part):
            parts = tuple(path.relative_to(root).as_posix() for path in paths)
            name = parts[0].removeprefix("tests/") + (f" +{len(parts) - 1}" if parts[1:] else "")
            seconds = sum(took(file) for path in paths for file in files(path))
            found.append(Unit(name=name, parts=parts, kind=kind, seconds=seconds))
    return sorted(found, key=lambda unit: -unit.seconds)


def _kind(path: Path) -> str:
    """A folder's: that of the dearest file in it."""
    if "acceptance" in path.parts:
        return LIVE
    texts = (file.read_text(encoding="utf-8") for file in files(path))
    return BROWSER if any(map(_IN_REAL_TIME.search, texts)) else COMPUTING


def _guess(path: Path) -> float:
    """Seconds, by the number of tests."""
    each = {file: _NO_IO if "unit" in file.parts else _GUESS[_kind(file)] for file in files(path)}
    return sum(
        seconds * len(_TEST.findall(file.read_text(encoding="utf-8")))
        for file, seconds in each.items()
    )


def _groups(part: Path) -> Iterator[tuple[str, Sequence[Path]]]:
    """What of a part goes together, and its kind."""
    if part.name == "acceptance":
        yield from ((LIVE, [path]) for path in _inside(part))
        return
    kinds: dict[str, list[Path]] = {BROWSER: [], COMPUTING: []}
    for path in _taken_apart(part):
        kinds[_kind(path)].append(path)
    for kind, paths in kinds.items():
        held: list[Path] = []
        for path in paths:
            if held and sum(map(_guess, (*held, path))) > _TOGETHER:
                yield kind, held
                held = []
            held.append(path)
        if held:
            yield kind, held


def _taken_apart(folder: Path) -> Iterator[Path]:
    """Its files, and the folders in it that don't last too long to be taken as one."""
    for path in _inside(folder):
        if path.is_dir() and _guess(path) > _TOGETHER:
            yield from _taken_apart(path)
        else:
            yield path


def _inside(folder: Path) -> list[Path]:
    """The files and folders of tests that lie in it."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.name.startswith("test_") or (path.is_dir() and files(path))
    ]
