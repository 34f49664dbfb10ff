"""What names a person, or is their voice, in the folders of a node
(``handling/records/erasure.py``).
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from callflow.core.records.erasure import Likely, Person, read_line
from callflow.settings.config import Settings

#: Seconds for which what was put together to be said stays: somebody may hear it just now.
HEARD = 30.0
_LOGS = ("logs/*", "asterisk/*/log/*")


def let_go(
    settings: Settings,
    people: Sequence[Person],
    calls: Iterable[str],
    paths: Iterable[str],
    since: float,
    now: float,
) -> bool:
    """True where nothing of ``people`` is left of what there was ``since`` (Unix times): when the
    last of their erasures began.

    Sentences are made anew when they are needed, so all go. Raises OSError.
    """
    for file in _recorded(settings.recordings_dir, calls, paths):
        file.unlink(missing_ok=True)
    for file in (settings.data_dir / "prompts" / "sentences").glob("*/*"):
        file.unlink(missing_ok=True)
    left = False
    for file in (settings.data_dir / "prompts" / "turns").glob("*"):
        with suppress(FileNotFoundError):
            used = file.stat().st_mtime
            if used < now - HEARD:
                file.unlink()
            elif used < since + HEARD:
                left = True
    likely = Likely(people)
    for pattern in _LOGS:
        for file in settings.data_dir.glob(pattern):
            if file.is_file():
                _cover(file, people, likely)
    return not left


def _recorded(folder: Path, calls: Iterable[str], paths: Iterable[str]) -> Iterator[Path]:
    """Kept, or not yet wrapped."""
    kept = (folder / path for path in paths)
    raw = (folder / f"{call}{suffix}" for call in calls for suffix in (".raw", ".sln"))
    for file in (*kept, *raw):
        if file.resolve().is_relative_to(folder.resolve()):
            yield file


def _cover(file: Path, people: Sequence[Person], likely: Likely) -> None:
    """Stars over the lines of a log that name somebody, where they stand: whoever writes to it
    goes on at its end."""
    with file.open("rb") as lines, file.open("r+b", buffering=0) as same:
        at = 0
        for line in lines:
            covered = line
            for place in likely.of("\n".join(read_line(line))):
                covered = people[place].anywhere.covered(covered)
            if covered != line:
                os.pwrite(same.fileno(), covered, at)
            at += len(line)
