"""How instants are written and read: pure, while ``clock`` reads the time."""

from datetime import UTC, datetime


def to_iso(at: datetime) -> str:
    """``at`` as ISO 8601 in UTC with microseconds and a ``Z``, which sorts as text."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_iso(text: str) -> datetime:
    """The instant that an ISO 8601 text names; without an offset it is taken as UTC.

    Raises ValueError where the text is no such instant.
    """
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
