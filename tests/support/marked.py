"""Processes known by a variable that they inherit (Linux), daemons in sessions of their own too."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


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
