"""The only module that reads the clock. Times are UTC-aware ``datetime``s everywhere inside."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

#: What the shells are given instead of reading the clock: a function answering "now", in UTC.
Clock = Callable[[], datetime]


def now() -> datetime:
    """The current instant, UTC-aware."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that never goes back; only differences mean anything."""
    return time.monotonic()


def to_iso(at: datetime) -> str:
    """``at`` as ISO 8601 in UTC with microseconds and a ``Z``, which sorts as text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_iso(text: str) -> datetime:
    """The instant that an ISO 8601 text names; without an offset it is taken as UTC.

    Raises ValueError where the text is no such instant.
    """
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
