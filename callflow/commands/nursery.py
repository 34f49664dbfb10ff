"""The process that has loaded what the roles need and forks one whenever the supervisor asks.

``callflow/processes/nursery.py`` begins it and asks. It has one thread, no event loop and nothing
open: a
role that is forked from it finds what a fresh interpreter would have imported, and nothing else.
"""

import ctypes
import gc
import os
import select
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from callflow.commands import role
from callflow.niceness import take_place
from callflow.orphans import end_with_parent

#: Where the command line is: fields of ``/proc/PID/stat`` behind the name (proc_pid_stat(5)).
_ARG_START, _ARG_END = 45, 46


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """A role that the supervisor wants: where it is born and what it writes to, as descriptors."""

    role: str
    supervisor: int
    birth: int
    output: int

    def close(self) -> None:
        os.close(self.birth)
        os.close(self.output)


def forked(roles: Sequence[str]) -> str:
    """Load ``roles``, the first first, and fork each as soon as it is loaded and asked for.

    Returns in a forked process alone: the role that it is to be. The nursery itself exits here,
    when nobody asks any more. Standard input is the supervisor's line.
    """
    try:
        line = socket.socket(fileno=0)
    except OSError:
        sys.exit("callflow: a nursery is begun by `callflow serve`, not by hand")
    take_place("nursery")
    gc.disable()  # what is imported stays: nothing to collect, in the forked neither (gc.freeze)
    with suppress(ConnectionError):
        return _next(line, roles)
    sys.exit()  # the supervisor was killed


def _next(line: socket.socket, roles: Sequence[str]) -> str:
    to_load, loaded, wishes = list(roles), set[str](), dict[str, _Wish]()
    while True:
        if to_load:
            name = to_load.pop(0)
            role.load(name)
            gc.freeze()
            loaded.add(name)
            line.send(name.encode())
        wait = not to_load and loaded.isdisjoint(wishes)
        wishes |= {wish.role: wish for wish in _wishes(line, wait=wait)}
        for name in loaded & wishes.keys():
            if _fork(wish := wishes.pop(name)):
                line.detach()
                _become(wish)
                return name
            wish.close()


def _wishes(line: socket.socket, *, wait: bool) -> list[_Wish]:
    """All that was asked for; with ``wait`` at least one. Exits when the supervisor is gone."""
    wishes: list[_Wish] = []
    while select.select([line], (), (), None if wait and not wishes else 0)[0]:
        text, handles, _, _ = socket.recv_fds(line, 256, 2)
        if not text:
            sys.exit()
        name, supervisor = text.decode().split()
        birth, output = handles
        wishes.append(_Wish(role=name, supervisor=int(supervisor), birth=birth, output=output))
    return wishes


def _fork(wish: _Wish) -> bool:
    """True where this is the new process. It is the supervisor's child, not ours: it outlives us,
    and who killed the supervisor ends it."""
    if (threads := len(os.listdir("/proc/self/task"))) > 1:  # noqa: PTH208 -- names, no paths
        sys.exit(
            f"callflow: what was loaded began {threads - 1} threads: {wish.role} is not forked"
        )
    reading, writing = os.pipe()
    if between := os.fork():
        os.close(reading)
        os.waitpid(between, 0)  # from now on its child is an orphan, and so the supervisor's
        os.close(writing)
        return False
    try:
        if os.fork():
            os._exit(0)
    except OSError:
        os._exit(1)
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    return True


def _become(wish: _Wish) -> None:
    """What ``subprocess`` does for a role that is begun as a program of its own."""
    os.setsid()  # the kernel weighs roles by it (niceness.py)
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    for place in (1, 2):
        os.dup2(wish.output, place)
    os.close(wish.output)
    end_with_parent()
    if os.getppid() != wish.supervisor:  # it ended, or the kernel gave us to somebody else
        os._exit(1)
    is_called([sys.executable, "-m", "callflow", "serve", "--only", wish.role])
    if not _is_wanted(wish.birth):
        os._exit(1)
    gc.enable()


def _is_wanted(birth: int) -> bool:
    """True where the supervisor, once told who is there, still waits: another may work already."""
    with socket.socket(fileno=birth) as line, suppress(ConnectionError):
        line.send(b"%d" % os.getpid())
        return bool(line.recv(1))
    return False


def is_called(words: Sequence[str]) -> None:
    """The command line that ``ps`` and ``/proc/PID/cmdline`` show: the kernel reads it from the
    process's own memory. Where there is no room for it, it stays the nursery's."""
    sys.argv[1:] = words[3:]
    fields = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
    places = fields.rpartition(")")[2].split()
    start, end = int(places[_ARG_START]), int(places[_ARG_END])
    text = b"".join(os.fsencode(word) + b"\0" for word in words)
    if start and len(text) <= end - start:
        ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)
