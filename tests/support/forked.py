"""Commands of the product begun by fork, from one process a run that has loaded them: interpreters
of their own would import for a second or two, a hundred and fifty times in a run.

What forks them is the product's own nursery (callflow/commands/nursery.py); that ``callflow``
begins as a program, too, is proved by the stations of acceptance. They end with the tests.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from callflow.processes import nursery

#: Loads everything, and compiles the pages' templates, which takes longer than all else that a
#: web of a test does; each process that is forked looks up what it is to be. It ends as a role
#: does: Python's own end would take apart all that was loaded.
_PROGRAM = """
import json, os, pathlib, sys
from callflow.__main__ import main
from callflow.commands import line, nursery, role
from web.kit import rendering
place = pathlib.Path(sys.argv.pop(1))
templates = rendering.environment("fr")
for name in templates.list_templates():
    templates.get_template(name)
nursery.forked(["web"])
wanted = json.loads(place.read_text())
os.environ.clear()
os.environ.update(wanted["environment"])
sys.argv[1:] = wanted["arguments"]
os.dup2(os.open(wanted["typed"], os.O_RDONLY), 0)
code = 0
try:
    main()
except SystemExit as end:
    code = end.code
    if isinstance(code, str):
        print(code, file=sys.stderr)
        code = 1
role.leave(code or 0)
"""
#: Seconds for the first one, which waits for the imports, on a machine that has other things to do.
_WITHIN = 120.0


class Begun:
    """A process, with as much of ``subprocess.Popen`` as tests use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """Its exit code; None while it lives."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(timeout=0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; raises TimeoutExpired after ``timeout`` seconds."""
        if self.returncode is None:
            ended = select.poll()
            ended.register(self._handle, select.POLLIN)
            if not ended.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("callflow", timeout or 0.0)
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self._handle)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Nothing where it has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Nursery:
    """Begun when the first is wanted."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="callflow-forked-")
        self._wanted = Path(self._folder.name) / "wanted.json"
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(self._wanted), "web"],
                stdin=theirs.fileno(),
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,  # it ends when nobody can ask any more
            )

    def begin(
        self, arguments: tuple[str, ...], environment: Mapping[str, str], typed: str, output: int
    ) -> Begun:
        """``typed`` is the file of its standard input; it writes to the descriptor ``output``."""
        words = {"arguments": arguments, "environment": dict(environment), "typed": typed}
        self._wanted.write_text(json.dumps(words), encoding="utf-8")
        with nursery.asked(self._line, "web", output) as ours:
            ours.settimeout(_WITHIN)
            begun = Begun(int(ours.recv(64)))
            ours.send(b"\n")
        return begun

    def end(self) -> None:
        self._line.close()
        self._process.wait(timeout=60)
        self._folder.cleanup()


@functools.cache
def _nursery() -> _Nursery:
    begun = _Nursery()
    atexit.register(_end)
    return begun


def _end() -> None:
    if _nursery.cache_info().currsize:
        _nursery().end()
        _nursery.cache_clear()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """Before it is looked what the tests left behind."""
    _end()


def begin(*arguments: str, environment: Mapping[str, str]) -> Begun:
    """``callflow`` with these arguments, in nothing but this environment; its input is empty, its
    output ours."""
    return _nursery().begin(arguments, environment, os.devnull, 2)


def run(*arguments: str, environment: Mapping[str, str], typed: str = "") -> tuple[int, str]:
    """A command, with ``typed`` on its standard input: its exit code, and all that it said."""
    with tempfile.NamedTemporaryFile() as given, tempfile.TemporaryFile() as said:
        Path(given.name).write_text(typed, encoding="utf-8")
        begun = _nursery().begin(arguments, environment, given.name, said.fileno())
        code = begun.wait(timeout=60)
        said.seek(0)
        return code, said.read().decode()
