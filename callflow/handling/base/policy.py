"""The station's settings as deciding needs them: rows, so that every process sees the same."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.alarms.escalation import Desk
from callflow.core.alarms.incident import Incident, Machine
from callflow.core.calls.call import Dialogue
from callflow.core.calls.trunks import Trunk
from callflow.core.desks import dead_man
from callflow.core.desks.distribution import Rules, is_night
from callflow.core.messages import withholding
from callflow.core.messages.withholding import Restored, Withheld
from callflow.core.signals.signal import Category, Kind
from callflow.core.watch.room import Room
from callflow.settings.config import Settings
from callflow.storage import Tx
from callflow.storage.people import users

#: A claimed vital alarm without an act for so long comes back (D21); others have more time.
HOLD_VITAL = timedelta(minutes=2)
HOLD_OTHER = timedelta(minutes=15)

#: A plan that rings the station's own phones by itself has so long: then the queue does, too.
CALLED_BY_PLAN = timedelta(minutes=10)

_NUMBER = str(Settings.model_fields["station_number"].default)
#: Where nobody stored any.
ONE_TRUNK = (Trunk(name="trunk", machine_number=_NUMBER, human_number=_NUMBER),)
NO_DESK = Desk(desk_phones=(), duty_numbers=())
#: What callers hear that they have reached, and faxes say who sends them.
STATION_NAME = "Callflow"
#: The station's own time zone.
STATION_ZONE = ZoneInfo("Europe/Paris")


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
    storm_place: str = "network"  # of correlation.STORM_PLACES
    storm_length: float = 900.0  # faults of its place later than so are no part of it
    storm_delay: float = 1800.0  # after its begin its sites' plans run
    camera_series: Sequence[float] = (0.0, 2.0, 5.0)  # after a signal
    camera_most: int = 60  # stills of a site in a minute
    clip_before: float = 10.0
    clip_after: float = 20.0
    agent_ring: float = 12.0
    skill_wait: float = 10.0
    language_wait: float = 20.0
    overflow_after: float = 30.0
    announce_every: float = 30.0
    night: str = ""  # hours, in the station's time
    wrap_up: float = 15.0
    longest_break: float = 1800.0
    call_back_target: float = 300.0
    guard_welfare: float = 900.0  # a guard on site is called so often; 0: never
    faults_to: Sequence[str] = ()  # mail addresses of whom the week's list of faults goes to
    back_to_normal: float = 1800.0  # a treated site has so long (D26), unless its plan says so
    canary_every: float = 3600.0  # over each trunk the station calls itself so often; 0: never
    canary_number: str = _NUMBER  # by which it is called
    fax_wait: float = 60.0  # after a fax's first try; each later wait is twice as long
    dead_man_hours: str = "20:00-07:00"
    dead_man_night: float = 1800.0
    dead_man_day: float = 3600.0
    dead_man_grace: float = 60.0
    peer_name: str = ""  # what the station is called at its backup station
    peer_numbers: Sequence[str] = ()  # of the backup station, which rings last of all
    room_account: str = ""
    room_answer: float = 30.0
    room_outer_door: str = ""
    room_inner_door: str = ""
    room_door_open: float = 60.0
    shadow: bool = False
    shadow_sites: int = 0  # for which another system acts, whatever the station does
    restored: Restored | None = None  # from a backup, and whether it may act since

    @property
    def withheld(self) -> Withheld | None:
        """Why nothing may leave the station now; None: all may."""
        return withholding.withheld(self.restored, shadow=self.shadow)

    @property
    def held(self) -> bool:
        """True where it came from a backup and nobody has released it."""
        return self.withheld is Withheld.HELD

    def target(self, category: Category) -> timedelta:
        """How long an alarm may stand unclaimed (docs/explanation/law.md#en-50518)."""
        vital = category is Category.VITAL
        return timedelta(seconds=self.vital_target if vital else self.other_target)

    def rules(self, now: datetime) -> Rules:
        """How callers who wait are brought to operators now."""
        return Rules(
            ring=timedelta(seconds=self.agent_ring),
            skill_wait=timedelta(seconds=self.skill_wait),
            language_wait=timedelta(seconds=self.language_wait),
            overflow_after=timedelta(seconds=self.overflow_after),
            night=is_night(self.night, now.astimezone(STATION_ZONE)),
        )

    def rings_after(self, incident: Incident) -> timedelta:
        """When an alarm that stands unclaimed rings the station's phones."""
        called = incident.kind is Kind.DEAD_MAN and incident.machine is Machine.RUNNING
        return CALLED_BY_PLAN if called else self.target(incident.category)

    @property
    def own_numbers(self) -> frozenset[str]:
        """The telephones of the station, and of its backup station."""
        return frozenset((*self.desk.numbers, *self.peer_numbers))

    def dialogue_at(self, number: str) -> Dialogue:
        """What is said at a telephone of those who work for the station's alarms."""
        return Dialogue.PEER if number in self.peer_numbers else Dialogue.DESK

    @property
    def presence(self) -> dead_man.Rules:
        """When an operator alone must give a sign of presence."""
        return dead_man.Rules(
            zone=STATION_ZONE,
            night=self.dead_man_hours,
            every_night=self.dead_man_night,
            every_day=self.dead_man_day,
            grace=self.dead_man_grace,
        )

    @property
    def room(self) -> Room:
        """The station's own premises."""
        return Room(
            account=self.room_account,
            outer_door=self.room_outer_door,
            inner_door=self.room_inner_door,
            answer=self.room_answer,
            door_open=self.room_door_open,
        )

    def hold(self, category: Category) -> timedelta:
        """How long a holder may do nothing before the incident is unclaimed again."""
        return HOLD_VITAL if category is Category.VITAL else HOLD_OTHER


#: What a start's settings say of it, by the same names.
_SET = Policy.__dataclass_fields__.keys() & Settings.model_fields.keys()


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
            canary=trunk.canary,
        )
        for trunk in settings.all_trunks
    )


def save_policy(tx: Tx, settings: Settings) -> None:
    """Make the settings of this start the station's."""
    users.write_settings(
        tx,
        {
            **{name: getattr(settings, name) for name in _SET},
            "desk_phones": settings.desk_phones,
            "duty_numbers": settings.duty_numbers,
            "trunks": [asdict(trunk) for trunk in trunks_of(settings)],
            "canary_number": settings.canary_number or settings.station_number,
        },
    )


def load_policy(tx: Tx) -> Policy:
    """What ``save_policy`` wrote, or the defaults."""
    return users.as_settings(tx, _read)


def _read(values: dict[str, Any]) -> Policy:
    desk = Desk(
        desk_phones=tuple(values.pop("desk_phones", ())),
        duty_numbers=tuple(values.pop("duty_numbers", ())),
    )
    trunks = tuple(Trunk(**trunk) for trunk in values.pop("trunks", ())) or ONE_TRUNK
    restored = values.pop("restored", None)
    known = {k: v for k, v in values.items() if k in Policy.__dataclass_fields__}
    return Policy(
        desk=desk,
        trunks=trunks,
        restored=Restored.from_json(restored) if restored else None,
        **known,
    )
