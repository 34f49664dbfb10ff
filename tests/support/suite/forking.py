"""What forks the commands that tests begin (forked.py): it has loaded everything, and each process
that it forks becomes one of them.

As a program it loads first; a whole run's process has done that, and is forked itself.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, cast

from callflow import __main__ as program
from callflow.commands import line as line  # what commands need comes with it
from callflow.commands import nursery, role
from callflow.orphans import end_with_parent
from callflow.processes import supervisor
from callflow.processes.nursery import Nursery
from tests.support.suite.forked import Begun
from web.kit.rendering import environment

#: Where the command line and the environment are: fields of ``/proc/PID/stat`` behind the name
#: (proc_pid_stat(5)).
_ARGUMENTS, _ENVIRONMENT = 45, 47
#: Bytes in which every command line, and every mark of a test's processes, has room.
_ROOM = 3000
_PADDING = "CALLFLOW_TEST_ROOM"


def make_room() -> None:
    """Begin this program again with a command line and an environment that are long enough for all
    that is to be forked from it: the kernel shows those of a process from this memory."""
    if os.environ.pop(_PADDING, "") or _has_room():
        return
    padding = "." * _ROOM
    words = [sys.executable, "-X", f"room={padding}", *sys.orig_argv[1:]]
    os.execve(sys.executable, words, {**os.environ, _PADDING: padding})


def _has_room() -> bool:
    return min(_place(_ARGUMENTS)[1], _place(_ENVIRONMENT)[1]) >= _ROOM


def can_fork() -> bool:
    """Whether everything is loaded here, and what is forked can show what it is."""
    return bool(_loaded) and _has_room()


_loaded: list[str] = []


def load(*languages: str) -> None:
    """Everything, and the pages' templates, whose compiling takes longer than all else that a web
    of a test does."""
    role.load("web")
    for language in languages:
        templates = environment(language)
        for name in templates.list_templates():
            templates.get_template(name)
    _loaded.extend(languages)


def serve(wanted: Path) -> NoReturn:
    """Be what forks: standard input is the line on which it is asked. Each process that is forked
    looks up what it is to be in ``wanted``. It ends as a role does: Python's own end would take
    apart all that was loaded."""
    nursery.forked(["web"])
    wish = json.loads(wanted.read_text())
    _become(wish["arguments"], wish["environment"], wish["marks"])
    sys.argv[0] = wish["program"]
    ours = sys.argv[0] == "callflow"
    if can_fork():
        vars(supervisor)["Nursery"] = Copied
    os.dup2(os.open(wish["typed"], os.O_RDONLY), 0)
    code: object = 0
    try:
        (program if ours else importlib.import_module(sys.argv[0])).main()
    except SystemExit as end:
        code = end.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    role.leave(int(str(code or 0)))


class Copied(Nursery):
    """A supervisor's that is forked from it, since everything is loaded there. Where it dies, the
    next is the product's own."""

    def _launched(self, line: int, output: int) -> subprocess.Popen[bytes]:
        if not self._first:
            return super()._launched(line, output)
        if pid := os.fork():
            return cast("subprocess.Popen[bytes]", Begun(pid))
        try:
            atexit._clear()
            os.setsid()
            end_with_parent()
            for place, file in enumerate((line, output, output)):
                os.dup2(file, place)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # as a program finds it
            _become(["nursery", *self._roles], self._environment, {})
            role.run(nursery.forked(self._roles))
            role.leave()
        except SystemExit as end:
            print(end.code or "", file=sys.stderr)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)


def _become(words: Sequence[str], named: Mapping[str, str], marks: Mapping[str, str]) -> None:
    """``callflow`` with these words, in this environment; what is shown has the marks as well."""
    nursery.is_called([sys.executable, "-m", "callflow", *words])
    os.environ.clear()
    os.environ.update(named)
    ours = {name: value for name, value in named.items() if name.startswith("CALLFLOW_")}
    _show({**marks, **ours, **named})


def _place(fields: int) -> tuple[int, int]:
    """Where the one or the other begins in this process's memory, and how many bytes it has."""
    text = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
    start, end = map(int, text.rpartition(")")[2].split()[fields : fields + 2])
    return start, end - start


def _show(environment: Mapping[str, str]) -> None:
    """``/proc/PID/environ`` shows this, as far as there is room, the first first: by it a test's
    processes are found (marked.py). Nobody's memory of before may still be in use."""
    start, room = _place(_ENVIRONMENT)
    shown = b""
    for name, value in environment.items():
        entry = os.fsencode(f"{name}={value}") + b"\0"
        if len(shown) + len(entry) <= room:
            shown += entry
    ctypes.memmove(start, shown.ljust(room, b"\0"), room)


if __name__ == "__main__":
    load("fr")
    serve(Path(sys.argv.pop(1)))
