"""One unit of a whole run: a pytest, forked from a process that has loaded what all need.

Between the two stands a process that collects whatever outlives its parent there (a browser's
helpers, an Asterisk of its own session), so that what a unit cost is what all of it cost.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import gc
import io
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from callflow import niceness
from callflow.commands import role
from callflow.orphans import adopt_orphans, end_with_parent
from tests.support.rows import migrated
from tests.support.stations import web_station
from tests.support.suite import costs, forked, forking
from tests.support.suite.depth import LEFT_OUT
from tests.support.suite.units import BROWSER, COMPUTING, Unit
from web.kit.words import LANGUAGES

#: How nice what only computes is to conversations and browsers beside it; in a deep run, where
#: pages are looked at for half an hour, they are to conversations, too.
_NICE = 5
#: Seconds that a unit which is told to end has to say where it is.
_ENDING = 3.0
#: Seconds that what is left of a unit has to end, once it was told to.
_TIDIED = 2.0
#: Some plug-ins are ours as well; nobody needs their asserts explained. Nor is there one cache.
_LOADED = ("-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:cacheprovider")
_NO_TESTS = int(pytest.ExitCode.NO_TESTS_COLLECTED)


def load_plugins() -> None:
    """Those of pytest, and ours."""
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*_LOADED, "--collect-only", "tests/unit/test_costs.py"])


def warm() -> None:
    """Load what every unit would load for itself: plug-ins, the product, its pages' templates."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # who has threads is not forked
    load_plugins()
    for name in role.ROLES:
        role.load(name)
    forking.load(*LANGUAGES)
    migrated.keep("migrated", migrated.make)
    migrated.keep("new", web_station.make_new)
    del os.environ["OPENBLAS_NUM_THREADS"]
    gc.collect()
    gc.freeze()


def _tell(pid: int, number: signal.Signals) -> None:
    """Nothing where it has just ended: it may be told so again until we have."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _end_of(pid: int) -> int:
    """How a child of ours ended; those that end before are collected."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            return status


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a unit ended. ``code``: pytest's, that of a signal below zero. ``cost``: by file."""

    name: str
    code: int
    seconds: float = 0.0
    cpu: float = 0.0
    said: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    cost: costs.Costs = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Green, or all of its tests are left out: deep ones, or those that listen."""
        return self.code == 0 or (self.code == _NO_TESTS and self.counts["deselected"] > 0)

    @property
    def outcome(self) -> int:
        """The exit code as it is judged."""
        return 0 if self.good else self.code

    def line(self) -> str:
        words = ("passed", "failed", "error", "skipped")
        found = ", ".join(f"{self.counts[word]} {word}" for word in words if self.counts[word])
        how = "passed" if self.good else "FAILED"
        took = f"{self.seconds:.0f} s, {self.cpu:.0f} s of CPU"
        return f"{how}  {self.name}: {found or 'no test'} in {took}"


class _Teller:
    """A plug-in of a unit's pytest: writes down where it is, what it counts and what it cost; what
    failed too, which pytest says at its end alone."""

    _config: pytest.Config

    def __init__(self, told: Path) -> None:
        self._told = told
        self._failed: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._tell(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(f"{report.nodeid}\n{report.longreprtext}\n")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        self._tell("its end")

    def _tell(self, where: str) -> None:
        plugin = self._config.pluginmanager.get_plugin
        reporter, meter = plugin("terminalreporter"), plugin(costs.METER)
        assert reporter is not None
        assert meter is not None
        counts = {word: len(tests) for word, tests in reporter.stats.items()}
        counts["deep"] = len(self._config.stash[LEFT_OUT])
        wrote = {"where": where, "counts": counts, "cost": meter.costs, "failed": self._failed}
        whole = self._told.with_suffix(".new")
        whole.write_text(json.dumps(wrote), encoding="utf-8")
        whole.rename(self._told)


class Process:
    """A unit that runs, in a session of its own: a kernel that groups processes by sessions
    (sched(7), autogroup) weighs those against each other, and heeds no process's own niceness."""

    def __init__(self, unit: Unit, arguments: Sequence[str], folder: Path, **more: str) -> None:
        self.unit, self._folder = unit, Path(tempfile.mkdtemp(prefix="", dir=folder))
        self._begun, self._told_to_end = time.monotonic(), 0.0
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            share = "--share={}/{}".format(*unit.share)
            written = f"--basetemp={self._folder / 't'}"  # short: sockets lie in it
            self._collects([*arguments, share, written, *unit.parts], more)

    def _collects(self, arguments: list[str], environment: Mapping[str, str]) -> None:
        """Ends as the pytest that it begins does, when nothing of that is left."""
        os.setsid()
        nice = {COMPUTING, BROWSER} if "--deep" in arguments else {COMPUTING}
        if self.unit.kind in nice:  # what it begins inherits that, its session's weight too
            niceness.place(os.getpid(), os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
        end_with_parent()
        adopt_orphans()
        pytest_ = os.fork()
        if not pytest_:
            self._is_pytest(arguments, environment)
        signal.signal(signal.SIGUSR1, lambda *_: _tell(pytest_, signal.SIGUSR1))
        signal.signal(signal.SIGTERM, lambda *_: _tell(pytest_, signal.SIGKILL))
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        status = _end_of(pytest_)
        for number in (signal.SIGUSR1, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # it is told again until we have ended
        until = time.monotonic() + _TIDIED
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < until:
                if not os.waitpid(-1, os.WNOHANG)[0]:
                    time.sleep(0.02)
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            os.kill(os.getpid(), -code)
        os._exit(code)

    def _is_pytest(self, arguments: list[str], environment: Mapping[str, str]) -> None:
        code = 3
        try:
            end_with_parent()
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.environ.update(environment)
            with (self._folder / "said").open("wb") as said, Path(os.devnull).open("rb") as nothing:
                for place, file in enumerate((nothing, said, said)):
                    os.dup2(file.fileno(), place)
                if forking.can_fork():
                    forked.prepare(forking.serve)
                faulthandler.register(signal.SIGUSR1, file=said, all_threads=False)
                teller = _Teller(self._folder / "told")
                code = int(pytest.main([*_LOADED, *arguments], plugins=[teller]))
            atexit._run_exitfuncs()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def end(self) -> None:
        """It says where it is, then it is killed, and so is what it began (leftovers.py)."""
        if not self._told_to_end:
            self._told_to_end = time.monotonic()
            os.kill(self.pid, signal.SIGUSR1)
        elif time.monotonic() - self._told_to_end > _ENDING:
            os.kill(self.pid, signal.SIGTERM)

    def ended(self) -> Result | None:
        """None while it runs."""
        pid, status, used = os.wait4(self.pid, os.WNOHANG)
        if not pid:
            return None
        code, said = os.waitstatus_to_exitcode(status), self._read("said")
        begun = '{"where": "its begin", "counts": {}, "cost": {}, "failed": []}'
        wrote = json.loads(self._read("told") or begun)
        if code not in (0, 1, _NO_TESTS):
            where = f"after {self.seconds:.0f} s in {wrote['where']}"
            said = "\n".join((said, *wrote["failed"], f"** it ended with {code} {where}\n"))
        shutil.rmtree(self._folder)
        cpu = used.ru_utime + used.ru_stime
        found = Result(
            name=self.unit.name,
            code=code,
            seconds=self.seconds,
            cpu=cpu,
            said=said,
            counts=Counter(wrote["counts"]),
            cost=costs.shared(wrote["cost"], cpu),
        )
        if not found.good and not found.counts["failed"] + found.counts["error"]:
            found.counts["error"] += 1  # what it left behind; what it never came to
        return found

    def _read(self, name: str) -> str:
        file = self._folder / name
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
