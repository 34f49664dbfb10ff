"""The station's settings as deciding needs them: rows, so that every process sees the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

from callflow.config import Settings
from callflow.escalation import Desk
from callflow.signal import Category
from callflow.storage import Tx, people
from callflow.trunks import Trunk

#: A claimed vital alarm without an act for so long comes back (D21); others have more time.
HOLD_VITAL = timedelta(minutes=2)
HOLD_OTHER = timedelta(minutes=15)

_NUMBER = str(Settings.model_fields["station_number"].default)
#: Where nobody stored any.
ONE_TRUNK = (Trunk(name="trunk", machine_number=_NUMBER, human_number=_NUMBER),)
NO_DESK = Desk(desk_phones=(), duty_numbers=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What an administrator may set for the whole station. Durations in seconds."""

    node: str = "node0"
    ring_time: float = 30.0
    desk: Desk = NO_DESK
    vital_target: float = 30.0
    other_target: float = 90.0
    trunks: tuple[Trunk, ...] = ONE_TRUNK
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


def trunks_of(settings: Settings) -> tuple[Trunk, ...]:
    """The settings' trunks, in the order in which they are used."""
    return tuple(
        Trunk(
            name=trunk.name,
            channels=trunk.channels,
            reserved=trunk.reserved,
            machine_number=str(trunk.machine_number),
            human_number=str(trunk.human_number),
            enabled=trunk.enabled,
        )
        for trunk in settings.all_trunks
    )


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
            "trunks": [asdict(trunk) for trunk in trunks_of(settings)],
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
    trunks = tuple(Trunk(**trunk) for trunk in values.pop("trunks", ())) or ONE_TRUNK
    known = {k: v for k, v in values.items() if k in Policy.__dataclass_fields__}
    return Policy(desk=desk, trunks=trunks, **known)
