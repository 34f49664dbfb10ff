"""What a benchmark leaves running, known by a variable that its processes inherit (``/proc``)."""

from __future__ import annotations

import time

from tests.support.suite import marked

#: Seconds in which what was told to end may do so.
MOMENT = 3.0


def running(mark: str) -> dict[int, str]:
    """{process id: its command} of those whose environment has ``mark`` (``NAME=value``)."""
    return {int(folder.name): " ".join(words)[:80] for folder, words in marked.processes(mark)}


def end(mark: str) -> list[str]:
    """Ends what is still running after a moment, and says what it was."""
    until = time.monotonic() + MOMENT
    while (left := running(mark)) and time.monotonic() < until:
        time.sleep(0.1)
    marked.end(mark)
    return [f"{command} ({pid})" for pid, command in left.items()]
