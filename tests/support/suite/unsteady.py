"""A test that listens and did not hear, or heard too late, runs once more when the rest is over.

Only a test marked ``ear``, only for ``NotHeardError``, and only once: a wrong count, a second ring,
a lost signal, any other exception and whatever is left behind stay red at once. The run that finds
such a failure stays red too; ``side_by_side``, which made the folder named by ``FOLDER``, runs it
again alone. What the test heard and wrote is kept beside the failure.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.phones.hearing import NotHeardError
from tests.support.suite import limits, pressure

#: Environment: where candidates are written; set by side_by_side alone.
FOLDER = "CALLFLOW_TEST_UNSTEADY"
#: Environment: this run is the one alone, each of whose tests waits for a quiet machine.
ALONE = "CALLFLOW_TEST_ALONE"
#: Environment: a file that appears when nothing else runs any more. The first test's station is
#: begun before.
SILENCE = "CALLFLOW_TEST_SILENCE"
_CANDIDATE = "candidate.json"
#: What is kept of a failure: sounds and logs of its session, so many bytes at most.
_KEPT, _MOST = (".wav", ".alaw", ".log", ".txt"), 40_000_000
_FAILED = pytest.StashKey[BaseException]()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A failure that may be the machine's. ``folder`` has what is kept of it."""

    nodeid: str
    said: str
    folder: Path


def is_of_the_ear(error: BaseException) -> bool:
    """Not heard, or too late: alone, or all that a group of tasks holds."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_of_the_ear(one) for one in error.exceptions)
    return isinstance(error, NotHeardError)


def candidates(folder: Path) -> Iterator[Candidate]:
    """Those that runs wrote into ``folder``, in the order of their names."""
    for file in sorted(folder.glob(f"*/{_CANDIDATE}")):
        wrote = json.loads(file.read_text(encoding="utf-8"))
        yield Candidate(nodeid=wrote["nodeid"], said=wrote["said"], folder=file.parent)


def is_silent() -> bool:
    """Say whether nothing runs beside, as far as whoever began this run says."""
    file = os.environ.get(SILENCE)
    return file is None or Path(file).exists()


def wait_for_silence() -> None:
    """Return when nothing runs beside; the run that was to say so ends what waits for ever."""
    nap = threading.Event()
    with limits.standing_still():
        while not is_silent():
            nap.wait(0.1)


def keep(sources: Iterable[Path], since: float, folder: Path) -> None:
    """Copies what was written under ``sources`` from ``since`` (seconds of the epoch) on."""
    left = _MOST
    for source in sources:
        for path in sorted(source.rglob("*")):
            if path.suffix not in _KEPT or path.is_symlink() or not path.is_file():
                continue
            size = path.stat().st_size
            if path.stat().st_mtime < since or size > left:
                continue
            left -= size
            copy = folder / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


class Listener:
    """The plug-in: watches the tests marked ``ear``."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._begun = 0.0
        self._waited = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None]:
        """Alone means on a quiet machine too."""
        if item.get_closest_marker("ear") and os.environ.get(ALONE) and is_silent():
            self._waited = pressure.wait_for_quiet()
        self._begun = time.time() - 1  # the clock of files is a coarse one
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None]:
        """A package's station, all of it processes of its own, may be begun beside others. Not what
        lives in this one: it would stand still."""
        result = yield
        if (fixturedef.argname, fixturedef.scope) == ("station", "package") and not is_silent():
            wait_for_silence()
            self._waited = pressure.wait_for_quiet()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Its pressure is told with each failure; a failure of the ear is written down."""
        report = yield
        if not item.get_closest_marker("ear"):
            return report
        if report.failed:
            said = f"{pressure.told()}; waited {self._waited:.0f} s for a quiet machine"
            report.sections.append(("pressure", said))
        error = call.excinfo.value if call.excinfo else None
        if report.when == "call" and error is not None and is_of_the_ear(error):
            item.stash[_FAILED] = error
        elif report.failed:
            item.stash[_FAILED] = error or AssertionError()  # by something else as well
        if report.when == "teardown":
            self._write(item)
        return report

    def _write(self, item: pytest.Item) -> None:
        error = item.stash.get(_FAILED, None)
        if self._folder is None or error is None or not is_of_the_ear(error):
            return
        name = re.sub(r"[^0-9A-Za-z_-]+", "-", item.name)[:60]
        folder = self._folder / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        wrote = {"nodeid": item.nodeid, "said": f"{error}\n{pressure.told()}"}
        (folder / _CANDIDATE).write_text(json.dumps(wrote, indent=1), encoding="utf-8")
        temporary = getattr(item.config, "_tmp_path_factory", None)  # pytest's, of tmp_path
        if temporary is not None:
            keep([temporary.getbasetemp()], self._begun, folder)


def pytest_configure(config: pytest.Config) -> None:
    folder = os.environ.get(FOLDER)
    listener = Listener(Path(folder) if folder else None)
    config.pluginmanager.register(listener, "callflow-unsteady")
