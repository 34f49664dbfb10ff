"""The station's settings as deciding needs them: rows, so that every process sees the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from callflow.config import Settings
from callflow.escalation import Desk
from callflow.signal import Category
from callflow.storage import Tx, people

#: A claimed vital alarm without an act for so long comes back (D21); others have more time.
HOLD_VITAL = timedelta(minutes=2)
HOLD_OTHER = timedelta(minutes=15)

NO_DESK = Desk(desk_phones=(), duty_numbers=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What an administrator may set for the whole station. Durations in seconds."""

    node: str = "node0"
    ring_time: float = 30.0
    desk: Desk = NO_DESK
    vital_target: float = 30.0
    other_target: float = 90.0
    trunk_channels: int = 60
    reserved_channels: int = 10
    deferred_after: float = 120.0
    runaway_after: int = 100  # signals a minute
    storm_after: int = 20  # sites

    def target(self, category: Category) -> timedelta:
        """How long an alarm may stand unclaimed (law.md, EN 50518)."""
        vital = category is Category.VITAL
        return timedelta(seconds=self.vital_target if vital else self.other_target)

    def hold(self, category: Category) -> timedelta:
        """How long a holder may do nothing before the incident is unclaimed again."""
        return HOLD_VITAL if category is Category.VITAL else HOLD_OTHER


def save_policy(tx: Tx, settings: Settings) -> None:
    """Make the settings of this start the station's."""
    people.write_settings(
        tx,
        {
            "node": settings.node,
            "ring_time": settings.ring_time,
            "desk_phones": list(settings.desk_phones),
            "duty_numbers": list(settings.duty_numbers),
            "vital_target": settings.vital_target,
            "other_target": settings.other_target,
            "trunk_channels": settings.trunk_channels,
            "reserved_channels": settings.reserved_channels,
            "deferred_after": settings.deferred_after,
            "runaway_after": settings.runaway_after,
            "storm_after": settings.storm_after,
        },
    )


def load_policy(tx: Tx) -> Policy:
    """What ``save_policy`` wrote, or the defaults."""
    values = people.settings(tx)
    desk = Desk(
        desk_phones=tuple(values.pop("desk_phones", ())),
        duty_numbers=tuple(values.pop("duty_numbers", ())),
    )
    known = {k: v for k, v in values.items() if k in Policy.__dataclass_fields__}
    return Policy(desk=desk, **known)
