"""How instants are written and read: pure, while ``clock`` reads the time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def to_iso(at: datetime) -> str:
    """``at`` as ISO 8601 in UTC with microseconds and a ``Z``, which sorts as text."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_iso(text: str) -> datetime:
    """The instant that an ISO 8601 text names; without an offset it is taken as UTC.

    Raises ValueError where the text is no such instant.
    """
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


@lru_cache(maxsize=64)  # what is made together is made at one time
def begin_of_id(at: datetime) -> str:
    """The first digits of an id, before what is drawn: milliseconds. So the ids' index grows at
    its end, and what is written together stands together there."""
    return f"{int(at.timestamp() * 1000):012x}"
