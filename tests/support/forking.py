"""What forks the commands that tests begin (forked.py): it has loaded everything, and each process
that it forks becomes one of them.

As a program it loads first; a whole run's process has done that, and is forked itself.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from callflow import __main__ as program
from callflow.commands import line as line  # what commands need comes with it
from callflow.commands import nursery, role
from web.kit.rendering import environment

#: Where the environment is: fields of ``/proc/PID/stat`` behind the name (proc_pid_stat(5)).
_START, _END = 47, 48
#: Bytes that the marks take by which processes of the tests are found.
_MARKS = 200


def load(*languages: str) -> None:
    """Everything, and the pages' templates, whose compiling takes longer than all else that a web
    of a test does."""
    role.load("web")
    for language in languages:
        templates = environment(language)
        for name in templates.list_templates():
            templates.get_template(name)


def serve(wanted: Path) -> None:
    """Be what forks: standard input is the line on which it is asked. Each process that is forked
    looks up what it is to be in ``wanted``. It ends as a role does: Python's own end would take
    apart all that was loaded."""
    nursery.forked(["web"])
    wish = json.loads(wanted.read_text())
    os.environ.clear()
    os.environ.update(wish["environment"])
    _show({**wish["marks"], **wish["environment"]})
    sys.argv[:] = ["callflow", *wish["arguments"]]
    os.dup2(os.open(wish["typed"], os.O_RDONLY), 0)
    code: object = 0
    try:
        program.main()
    except SystemExit as end:
        code = end.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    role.leave(int(str(code or 0)))


def can_be_shown() -> bool:
    """Whether a process forked from this one has room for the marks of a test's."""
    return _place()[1] >= _MARKS


def _place() -> tuple[int, int]:
    """Where this process's environment begins in its memory, and how many bytes it has."""
    fields = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
    words = fields.rpartition(")")[2].split()
    start = int(words[_START])
    return start, int(words[_END]) - start


def _show(environment: Mapping[str, str]) -> None:
    """``/proc/PID/environ`` shows this, as far as there is room, the first first: by it a test's
    processes are found (marked.py). Nobody's memory of before may still be in use."""
    start, room = _place()
    shown = b""
    for name, value in environment.items():
        entry = os.fsencode(f"{name}={value}") + b"\0"
        if len(shown) + len(entry) <= room:
            shown += entry
    ctypes.memmove(start, shown.ljust(room, b"\0"), room)


if __name__ == "__main__":
    load("fr")
    serve(Path(sys.argv.pop(1)))
