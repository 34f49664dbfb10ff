"""A process of the station, on one of its machines, as it said last how it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

#: A process that lived so long is well again: what it died of before is over.
RECOVERED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Process:
    """Several may have one role, on one machine or on several. Times are UTC.

    ``restarts``: of all its life; ``relapses``: of those the last in a row, each before it was well
    again."""

    name: str  # dispatch/identity.py
    role: str
    node: str
    host: str
    pid: int
    restarts: int
    relapses: int
    state: Mapping[str, Any]  # how its part of the station is, by what its role tells
    since: datetime
    steady_since: datetime  # since then its beats came without a gap
    beat_at: datetime
