"""The only module that reads the clock. Times are UTC-aware ``datetime``s everywhere inside."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from callflow.core.time.instants import from_iso as from_iso
from callflow.core.time.instants import to_iso as to_iso

#: What the shells are given instead of reading the clock: a function answering "now", in UTC.
Clock = Callable[[], datetime]


def now() -> datetime:
    """The current instant, UTC-aware."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never goes back; only differences mean anything."""
    return time.monotonic()
