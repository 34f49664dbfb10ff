"""Calls over trunks as they are counted: by the hour in which they ended. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrunkFigure:
    """The calls out over one trunk that ended so within an hour. ``since``: hours from 1970 (UTC)
    to its begin; ``day`` as 20261130 and ``hour`` of the station; ``waited_ms``: until the
    answered ones were, all together."""

    since: int
    trunk: str
    outcome: str
    day: int
    hour: int
    calls: int
    answered: int
    waited_ms: int


def hour_of(at: datetime) -> int:
    """The hour in which ``at`` lies."""
    return (at - _EPOCH) // _HOUR


def begin_of(hour: int) -> datetime:
    """Its first moment (UTC)."""
    return _EPOCH + hour * _HOUR
