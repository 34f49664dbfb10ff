"""A process of the station, on one of its machines, as it said last how it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Process:
    """Several may have one role, on one machine or on several. Times are UTC."""

    name: str  # dispatch/identity.py
    role: str
    node: str
    host: str
    pid: int
    restarts: int
    state: Mapping[str, Any]  # how its part of the station is, by what its role tells
    since: datetime
    steady_since: datetime  # since then its beats came without a gap
    beat_at: datetime
