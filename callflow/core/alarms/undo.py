"""An act that its operator may take back for some seconds (docs/explanation/ux.md, 7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Undo:
    """An act of ``who``: claim, park, release, transfer or close. Times are UTC."""

    id: str
    kind: str
    who: str
    at: datetime
    #: {"id", "version": after the act, "before": {a field: what it was}} of each
    incidents: tuple[Mapping[str, Any], ...]
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An act that may be taken back now, its first incident, and for how many seconds yet."""

    id: str
    kind: str
    incident: str
    left: float
