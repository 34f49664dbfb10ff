"""When this machine held a test up: a bound of the product's is asserted less that time."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Self

import pytest

from callflow import clock

#: Seconds: how long the watcher sleeps, and how much later it may wake up on a quiet machine.
_NAP, _LATE = 0.02, 0.02

#: Times from begin to end.
Parts = list[tuple[datetime, datetime]]


class HoldUps:
    """A context: a thread naps again and again; each wake-up that came late is a hold-up."""

    def __init__(self, now: Callable[[], float] = clock.monotonic) -> None:
        self._now = now
        self._late: list[tuple[float, float]] = []
        self._due = math.inf
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="hold-ups", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def lost(self, begin: float, end: float) -> float:
        """Seconds of ``monotonic`` between two instants in which nobody was let work."""
        found = (min(end, until) - max(begin, since) for since, until in self._all())
        return sum(part for part in found if part > 0)

    def parts(self) -> Parts:
        """All of them, as times of the clock."""
        now, zero = clock.now(), self._now()
        return [
            (now + timedelta(seconds=since - zero), now + timedelta(seconds=until - zero))
            for since, until in self._all()
        ]

    def naps(self) -> None:
        """The watcher falls asleep."""
        self._due = self._now() + _NAP

    def wakes(self) -> None:
        """It is awake again: late?"""
        self._late, self._due = self._all(), math.inf

    def _all(self) -> list[tuple[float, float]]:
        # Who asks may be awake before the watcher is: it is late already.
        due, now = self._due, self._now()
        return [*self._late, (due, now)] if now - due > _LATE else self._late

    def _watch(self) -> None:
        while not self._over.is_set():
            self.naps()
            self._over.wait(_NAP)
            self.wakes()


@pytest.fixture
def hold_ups() -> Iterator[HoldUps]:
    """Watched for as long as the test lasts."""
    with HoldUps() as watched:
        yield watched
