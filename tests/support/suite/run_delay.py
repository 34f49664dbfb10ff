"""Time that processes of the product had work and no core: read from the kernel, by thread.

A machine that is busy holds one process up and not the next, so that a watcher of its own
(hold_ups) sees only its own waiting. Here each thread's is read: the second figure of ``schedstat``
(Documentation/scheduler/sched-stats.rst of Linux).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

#: Seconds between two readings: a thread that ends takes what it waited since with it.
_PERIOD = 0.05


def of(pids: Iterable[int]) -> dict[str, float]:
    """{process and thread: seconds that it waited for a core since it began}."""
    found = {}
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*"):
            try:
                waited = (task / "schedstat").read_text().split()[1]
            except OSError:  # it ended meanwhile
                continue
            found[f"{pid}/{task.name}"] = int(waited) / 1e9
    return found


class RunDelay:
    """A context: what the threads of ``pids`` waited for a core while it lasts."""

    def __init__(self, *pids: int, read: Callable[[Iterable[int]], dict[str, float]] = of) -> None:
        self._pids = pids
        self._read = read
        self._before: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="run-delay", daemon=True)

    def __enter__(self) -> Self:
        self._before = self._read(self._pids)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def seconds(self) -> float:
        """All threads' together, until now: each held up what it does by its part of that."""
        self._last |= self._read(self._pids)
        return sum(now - self._before.get(thread, 0.0) for thread, now in self._last.items())

    def _watch(self) -> None:
        while not self._over.wait(_PERIOD):
            self._last |= self._read(self._pids)
