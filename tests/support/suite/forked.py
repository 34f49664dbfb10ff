"""Commands of the product begun by fork, from a process that has loaded them: interpreters of their
own would import for a second or two, a hundred and fifty times in a run.

Of a whole run each unit has such a process from its beginning, which costs nothing: it is forked
where everything is loaded already. Elsewhere it is begun when the first is wanted.

What forks them is the product's own nursery (callflow/commands/nursery.py); that ``callflow``
begins as a program, too, is proved by the stations of acceptance. They end with the tests.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from callflow.processes import nursery

_ROOT = Path(__file__).resolve().parents[3]


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
    """A program of its own; or forked from this process to do ``serve``: it has loaded everything
    then, has one thread and is nothing else yet."""

    def __init__(self, serve: Callable[[Path], None] | None = None) -> None:
        self.is_copy = serve is not None
        self._wanted = Path(tempfile.mkdtemp(prefix="callflow-forked-")) / "wanted.json"
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:  # it ends when nobody can ask any more
            self._process = self._forked(theirs, serve) if serve else self._begun(theirs)

    def _begun(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.suite.forking", str(self._wanted)],
            cwd=_ROOT,
            stdin=theirs.fileno(),
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )

    def _forked(self, theirs: socket.socket, serve: Callable[[Path], None]) -> Begun:
        if pid := os.fork():
            return Begun(pid)
        try:
            atexit._clear()  # what is to be done at the end of this process
            os.setsid()
            self._line.close()
            os.dup2(theirs.fileno(), 0)
            theirs.close()
            serve(self._wanted)
        except SystemExit as end:
            print(end.code or "", end="", file=sys.stderr)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def begin(
        self,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        typed: str = os.devnull,
        output: int = 2,
        program: str = "callflow",
    ) -> int:
        """``typed`` is the file of its standard input; it writes to the descriptor ``output``; its
        id. The first one waits for the imports, as long as its test may last."""
        marks = {name: os.environ[name] for name in os.environ if name.startswith("CALLFLOW_TEST")}
        words = {
            "arguments": arguments,
            "environment": dict(environment),
            "marks": dict(sorted(marks.items(), key=lambda mark: len(mark[1]))),
            "typed": typed,
            "program": program,
        }
        self._wanted.write_text(json.dumps(words), encoding="utf-8")
        with nursery.asked(self._line, "web", output) as ours:
            pid = int(ours.recv(64))
            ours.send(b"\n")
        return pid

    def end(self) -> None:
        self._line.close()
        self._process.wait(timeout=60)
        shutil.rmtree(self._wanted.parent)


_ours: list[_Nursery] = []


def prepare(serve: Callable[[Path], None]) -> None:
    """What forks is there from now on, as a copy of this process."""
    _ours.append(_Nursery(serve))


def _nursery() -> _Nursery:
    if not _ours:
        _ours.append(_Nursery())
        atexit.register(_end)
    return _ours[0]


def _end() -> None:
    while _ours:
        _ours.pop().end()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """Before it is looked what the tests left behind."""
    _end()


def begin(*arguments: str, environment: Mapping[str, str]) -> Begun:
    """``callflow`` with these arguments, in nothing but this environment; its input is empty, its
    output ours."""
    return Begun(_nursery().begin(arguments, environment))


def station(*arguments: str, environment: Mapping[str, str]) -> int | None:
    """A whole station, by the id of its supervisor, whose roles are forked from what is loaded too;
    None where that would be loaded for it alone."""
    if not _ours or not _ours[0].is_copy:
        return None
    return _ours[0].begin(arguments, environment)


def module(program: str, *arguments: str, environment: Mapping[str, str], output: int) -> Begun:
    """The ``main()`` of a module of tests, as if that were a program; it writes to ``output``."""
    begun = _nursery().begin(arguments, environment, output=output, program=program)
    return Begun(begun)


def run(*arguments: str, environment: Mapping[str, str], typed: str = "") -> tuple[int, str]:
    """A command, with ``typed`` on its standard input: its exit code, and all that it said."""
    with tempfile.NamedTemporaryFile() as given, tempfile.TemporaryFile() as said:
        Path(given.name).write_text(typed, encoding="utf-8")
        begun = Begun(_nursery().begin(arguments, environment, given.name, said.fileno()))
        code = begun.wait()
        said.seek(0)
        return code, said.read().decode()
