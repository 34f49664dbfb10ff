"""Processes known by a variable that they inherit (Linux), daemons in sessions of their own too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

#: So often nobody is seen, until nobody is there: who is beginning a program has, for a moment, no
#: environment.
_LOOKS = 2


def processes(mark: str) -> Iterator[tuple[Path, list[str]]]:
    """Those that live and whose environment has ``mark`` (``NAME=value``): each one's folder of
    ``/proc``, and the words of its command.

    A dead process that its parent has yet to collect has an empty environment.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            inherited = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:  # it may end while we look, or be somebody else's
            continue
        if mark.encode() in inherited:
            yield folder, command.rstrip("\0").split("\0")


def end(mark: str) -> None:
    """End all of them at once; they are gone afterwards, and so is what they began meanwhile."""
    unseen = 0
    while unseen < _LOOKS:
        left = [int(folder.name) for folder, _ in processes(mark)]
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        unseen = 0 if left else unseen + 1
        time.sleep(0.01)  # a killed one lives until it is its turn to end


@contextmanager
def guarded(mark: str) -> Iterator[None]:
    """Whatever has ``mark`` ends with this context, or with this process, however that is killed: a
    process of its own sees to it, which nobody's signals reach."""
    guard = subprocess.Popen(
        [sys.executable, "-SP", __file__, mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={},  # it has no mark itself
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.communicate()


def exit_when_told() -> None:
    """A signal to end (a time limit, a terminal that closes) ends this process as ``sys.exit``
    does, and is heard once: ``timeout`` sends two, and what is tidied up must not be torn."""

    def exits(number: int, _frame: object) -> None:
        for one in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        sys.exit(128 + number)

    for one in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(one) != signal.SIG_IGN:  # under nohup
            signal.signal(one, exits)


def run(
    command: Sequence[str],
    mark: str,
    said: IO[str],
    *,
    tree: Path,
    environment: Mapping[str, str],
    longest: float,
    ending: float = 0.0,
) -> int | None:
    """Run a command in a copy of the tree; its exit code, None where ``longest`` seconds were not
    enough. Nothing of it is left. ``ending``: seconds that it then has to end by itself."""
    name, _, value = mark.partition("=")
    with guarded(mark):
        process = subprocess.Popen(
            command,
            cwd=tree,
            # The checkout's environment finds the checkout's modules: the copy's come first.
            env={**os.environ, **environment, "PYTHONPATH": str(tree), name: value},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with suppress(subprocess.TimeoutExpired):
            return process.wait(longest)
        if ending:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(ending)
    process.wait()
    return None


if __name__ == "__main__":
    sys.stdin.read()  # its end is that of who began us
    end(sys.argv[1])
