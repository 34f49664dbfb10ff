"""The suite ends with no trace: no process left, and whatever else a test says must be gone.

Every process that a test starts inherits ``CALLFLOW_TEST_SESSION``, daemons in sessions of their
own (an Asterisk) included; so those alive at the end are found, named, ended, and fail the run. A
run that is killed takes them along.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.support.phones import packet_sender
from tests.support.suite import marked

VARIABLE = "CALLFLOW_TEST_SESSION"

#: Says what is still there, one line each: channels, open calls, unclaimed recordings.
Trace = Callable[[], list[str]]


def pytest_configure(config: pytest.Config) -> None:
    """Marks the processes of this run."""
    os.environ[VARIABLE] = uuid.uuid4().hex
    guard = ExitStack()
    guard.enter_context(marked.guarded(f"{VARIABLE}={os.environ[VARIABLE]}"))
    config.add_cleanup(guard.close)


def processes_left() -> dict[int, str]:
    """The processes of this run that are alive, by id, with their command line."""
    ours = marked.processes(f"{VARIABLE}={os.environ[VARIABLE]}")
    found = {int(folder.name): " ".join(words) for folder, words in ours}
    return {pid: command for pid, command in found.items() if pid != os.getpid()}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends what is left, and fails the run if there was something."""
    packet_sender.end()
    left = processes_left()
    if not left:
        return
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    lines = [f"  {pid}: {command}" for pid, command in left.items()]
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line("")
        reporter.write_line("The tests left processes behind, now killed:", red=True)
        reporter.write_line("\n".join(lines))
    session.exitstatus = pytest.ExitCode.TESTS_FAILED


class NoTrace:
    """Asks at the end of a test whether something is left."""

    def __init__(self) -> None:
        self._traces: list[tuple[str, Trace]] = []

    def expect(self, what: str, trace: Trace) -> None:
        """At the end of this test ``trace`` must answer with an empty list."""
        self._traces.append((what, trace))

    def check(self) -> None:
        """Fails the test with all that is left."""
        left = [f"{what}: {line}" for what, trace in self._traces for line in trace()]
        if left:
            pytest.fail("the test left a trace:\n  " + "\n  ".join(left), pytrace=False)


@pytest.fixture
def no_trace() -> Iterator[NoTrace]:
    """``no_trace.expect("channels", station.channels)``: checked when the test has ended."""
    guard = NoTrace()
    yield guard
    guard.check()
