"""Whether anything may leave the station: asked at each way out. Pure.

A restored copy is *held*: the station that it was made from may still run, and what was open there
is as old as the backup. A station in *shadow* runs beside the one that acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from callflow.core.time.instants import from_iso, to_iso


class Withheld(StrEnum):
    """Why nothing leaves: no call, no message, no question to a camera or a service."""

    HELD = "held"  # restored from a backup, and no administrator has released it yet
    SHADOW = "shadow"  # CALLFLOW_SHADOW: another station acts


#: Why a call is refused; what people read is made from it (texts/law.py).
REFUSALS: Mapping[Withheld, str] = {
    Withheld.HELD: "restored from a backup and held: nothing leaves until it is released",
    Withheld.SHADOW: "in shadow: another station acts",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """A station that came from a backup. ``made_at``: the backup's instant, of which its rows are;
    ``released_at``: since when it may act. UTC."""

    made_at: datetime
    at: datetime
    released_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        released = to_iso(self.released_at) if self.released_at else None
        return {
            "made_at": to_iso(self.made_at),
            "at": to_iso(self.at),
            "released_at": released,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Restored:
        """What ``to_json`` gave."""
        released = kept["released_at"]
        return cls(
            made_at=from_iso(kept["made_at"]),
            at=from_iso(kept["at"]),
            released_at=from_iso(released) if released else None,
        )


def withheld(restored: Restored | None, *, shadow: bool) -> Withheld | None:
    """Why nothing may leave now; None: all may. Whoever is held is so whatever else is set."""
    if restored is not None and restored.released_at is None:
        return Withheld.HELD
    return Withheld.SHADOW if shadow else None
