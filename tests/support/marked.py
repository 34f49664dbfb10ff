"""Processes known by a variable that they inherit (Linux), daemons in sessions of their own too."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO


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
    while left := [int(folder.name) for folder, _ in processes(mark)]:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)  # a killed one lives until it is its turn to end


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
    try:
        return process.wait(longest)
    except subprocess.TimeoutExpired:
        if ending:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(ending)
        return None
    finally:
        end(mark)
        process.wait()
