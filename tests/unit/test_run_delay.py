"""What the product's processes waited for a core is added up, the ended threads' too."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tests.support.suite import run_delay
from tests.support.suite.run_delay import RunDelay


def test_every_thread_of_a_process_is_read() -> None:
    found = run_delay.of([os.getpid()])
    assert f"{os.getpid()}/{os.getpid()}" in found
    assert all(waited >= 0 for waited in found.values())


def test_only_what_is_waited_meanwhile_counts_and_a_thread_that_ended_keeps_its_part() -> None:
    readings = [{"1/1": 5.0, "1/2": 1.0}, {"1/1": 5.25, "1/2": 1.5, "1/3": 0.5}, {"1/1": 6.0}]

    def read(pids: Iterable[int]) -> dict[str, float]:
        assert list(pids) == [1]
        return readings.pop(0) if len(readings) > 1 else readings[0]

    watched = RunDelay(1, read=read)
    with watched:
        assert watched.seconds in (1.25, 2.0)  # the watcher may have read once more
    assert watched.seconds == 2.0
