"""Time limits and the order of the tests."""

from __future__ import annotations

import contextlib
import faulthandler
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

#: Seconds that one test may last, its fixtures included, by the part it stands in: one that hangs
#: is ended then. No other is near it, be it computing beside two other runs at a low priority. A
#: test may ask for another limit by ``@pytest.mark.timeout(seconds)``.
SECONDS = {"unit": 60, "integration": 240, "acceptance": 300}
#: In a deep run what computes fills the pauses of what has conversations, for an hour: it may last
#: so many times as long. ``faulthandler_timeout`` is the next limit.
DEEPER, _MOST = 3, 1200
_TESTS = Path(__file__).resolve().parents[2]
#: The fixture of pytest-playwright that all its others stand on: it leaves an event loop running in
#: the main thread until the session ends, in which pytest-asyncio can start no other. So what uses
#: it comes last; a file's own fixture named ``page`` need not.
_PLAYWRIGHT = "playwright"


@contextlib.contextmanager
def standing_still() -> Iterator[None]:
    """A test's limit does not run on: what is waited for is no part of it, and ends by itself. The
    second one, of faulthandler, is over with that: its timer tells nobody what is left."""
    left = signal.setitimer(signal.ITIMER_REAL, 0)
    faulthandler.cancel_dump_traceback_later()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *left)


def part_of(item: pytest.Item) -> str:
    """``unit``, ``integration``, ``acceptance``, or "" for a test that stands elsewhere."""
    if not item.path.is_relative_to(_TESTS):
        return ""
    return item.path.relative_to(_TESTS).parts[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Quick tests first, browsers last; each with its limit."""
    order = list(SECONDS)

    def rank(item: pytest.Item) -> tuple[bool, int]:
        part = part_of(item)
        uses_browser = _PLAYWRIGHT in getattr(item, "fixturenames", ())
        return uses_browser, order.index(part) if part in order else len(order)

    items.sort(key=rank)  # stable: the order within a file stays
    for item in items:
        asked = item.get_closest_marker("timeout")
        seconds = asked.args[0] if asked else SECONDS.get(part_of(item))
        if seconds is not None and config.option.deep and part_of(item) != "acceptance":
            seconds = max(seconds, min(DEEPER * seconds, _MOST))
        if seconds is not None:
            item.add_marker(pytest.mark.timeout(seconds), append=False)
