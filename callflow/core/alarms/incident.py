"""An incident: its states, as one table (D26), and when a new signal joins it (D6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict, Unpack

from callflow.core.signals.signal import ALWAYS_OWN, PERSONAL, Category, Kind


class State(StrEnum):
    """Where an incident stands (D26)."""

    OPEN = "open"
    HANDLED = "handled"  # acquittée: explained and treated
    AWAITING_NORMAL = "awaiting_normal"  # treated, but the site is not back to normal
    FILED = "filed"  # classée


class Event(StrEnum):
    """An event moves an incident from one state to the next."""

    CLOSE = "close"  # handled, with a resolution code
    NOT_NORMAL = "not_normal"  # a zone is still in alarm
    NORMAL = "normal"  # every zone is restored
    OVERDUE = "overdue"  # not back to normal in time: a human again
    ALARM = "alarm"  # a new alarm voids what was decided (D6)
    HELP = "help"  # somebody on the phone needs a human, in a call that outlived the closure
    UNDO = "undo"  # the closing of an open one is taken back by who did it, within seconds
    UNDO_AGAIN = "undo_again"  # the same of one that had been treated before
    FILE = "file"  # a person files it though no restore came, and answers for it
    REOPEN = "reopen"  # a person's second thought, within the hour


#: Rule 1: everything that can happen to an incident is here; anything else is our bug.
TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.OPEN, Event.CLOSE): State.HANDLED,
    (State.HANDLED, Event.UNDO): State.OPEN,
    (State.AWAITING_NORMAL, Event.UNDO): State.OPEN,
    (State.FILED, Event.UNDO): State.OPEN,
    (State.HANDLED, Event.UNDO_AGAIN): State.AWAITING_NORMAL,
    (State.FILED, Event.UNDO_AGAIN): State.AWAITING_NORMAL,
    (State.OPEN, Event.NORMAL): State.OPEN,
    (State.OPEN, Event.ALARM): State.OPEN,
    (State.OPEN, Event.HELP): State.OPEN,
    (State.HANDLED, Event.NOT_NORMAL): State.AWAITING_NORMAL,
    (State.HANDLED, Event.NORMAL): State.FILED,
    (State.HANDLED, Event.ALARM): State.OPEN,
    (State.AWAITING_NORMAL, Event.NORMAL): State.FILED,
    (State.AWAITING_NORMAL, Event.OVERDUE): State.OPEN,
    (State.AWAITING_NORMAL, Event.ALARM): State.OPEN,
    (State.AWAITING_NORMAL, Event.CLOSE): State.HANDLED,
    (State.HANDLED, Event.FILE): State.FILED,
    (State.HANDLED, Event.HELP): State.OPEN,
    (State.AWAITING_NORMAL, Event.HELP): State.OPEN,
    (State.FILED, Event.HELP): State.OPEN,
    (State.FILED, Event.REOPEN): State.OPEN,
}


class ImpossibleTransition(Exception):
    """The event does not exist in this state: a caller's error, said to the person."""


def after(state: State, event: Event) -> State:
    """The state that follows. Raises ImpossibleTransition."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ImpossibleTransition(f"an incident that is {state} takes no {event}") from None


class Machine(StrEnum):
    """The call plan's machine: it runs by itself, or not."""

    RUNNING = "running"
    STOPPED = "stopped"  # a human took it (D20); resume-plan hands it back
    DONE = "done"  # the plan has nothing more to do


#: Kinds whose signals join each other within one armed period (D6).
FAMILIES: tuple[frozenset[Kind], ...] = (
    frozenset({Kind.INTRUSION, Kind.TAMPER}),
    frozenset({Kind.POWER, Kind.BATTERY}),
    frozenset({Kind.LINE, Kind.TEST}),
)


def joins(open_kind: Kind, kind: Kind) -> bool:
    """Say whether a signal of ``kind`` joins an unfiled incident of ``open_kind`` (D6)."""
    return kind not in ALWAYS_OWN and family(open_kind, kind)


def family(one: Kind, other: Kind) -> bool:
    """Say whether two kinds tell of the same matter."""
    return one is other or any(one in f and other in f for f in FAMILIES)


def is_personal(kind: Kind, *, duress: bool) -> bool:
    """Say whether an alarm is mute: nothing rings on site or at its staff, no key ends it (D7)."""
    return duress or kind in PERSONAL


def ruling(alarms: Iterable[Incident]) -> Incident | None:
    """The alarm of a site by which every word there goes, whatever else is open and whichever came
    first (D29): its oldest open personal one. None: there is none. A rehearsal rules nothing.

    ``alarms``: incidents of one site.
    """
    personal = [one for one in alarms if one.state is State.OPEN and not one.exercise and one.mute]
    return min(personal, key=lambda one: one.opened_at, default=None)


def starts_with_human(kind: Kind, category: Category) -> bool:
    """Vital and personal alarms stand in the human queue from receipt (D5)."""
    return category is Category.VITAL or kind in PERSONAL


#: Kinds whose end no panel tells reliably, or that have none: normal once they are treated.
_WITHOUT_RESTORE = PERSONAL | {
    Kind.MEDICAL,
    Kind.LIFT,
    Kind.DEAD_MAN,
    Kind.PEER,
    Kind.GUESSING,
    Kind.LOGBOOK,
    Kind.UNKNOWN,
    Kind.UNENCRYPTED,
    Kind.UNPROVED,
    Kind.OPENING,
    Kind.CLOSING,
    Kind.CANCEL,
    Kind.BYPASS,
    Kind.TEST,
    Kind.OFF_HOURS,
    Kind.PANEL_USER,
    Kind.BANK_OPENING,
    Kind.MISMATCH,
    Kind.ON_TEST,
    Kind.TERMINATED,
    Kind.RUNAWAY,
    Kind.SWINGER,
    Kind.STORM,
}


def is_normal(kind: Kind, zones: Mapping[str, str]) -> bool:
    """Say whether nothing of the incident still alarms, as far as its kind can tell."""
    return kind in _WITHOUT_RESTORE or all(state == "restored" for state in zones.values())


@dataclass(frozen=True)  # without slots: ``but`` copies it at once
class Incident:
    """An incident, as it is kept. Times are UTC; ``version`` counts each change."""

    id: str
    account: str
    kind: Kind
    category: Category
    priority: int
    zones: Mapping[str, str]  # {what alarms (``correlation.matter_key``): "alarm" or "restored"}
    plan: Mapping[str, Any]  # as it was chosen at the opening (invariant 7)
    opened_at: datetime
    site_id: str | None = None
    state: State = State.OPEN
    confirmed: bool = False
    duress: bool = False
    signal_count: int = 1
    rounds: Mapping[str, int] = field(default_factory=dict)  # {a go_to step: times taken}
    grounds: str | None = None  # the answer that would justify a closure now, "STEP/OUTCOME"
    exercise: bool = False  # a rehearsal: announced, and no emergency service is asked
    shadow: bool = False  # another system acts on it: nobody is called for it, nothing is sent
    step: str | None = None  # None: the machine has nothing more to do
    step_since: datetime | None = None
    machine: Machine = Machine.RUNNING
    with_human: bool = False
    human_reason: str = ""
    human_since: datetime | None = None
    queue_due: datetime | None = None  # unclaimed: the desk rings; held: back to the queue
    queue_level: int = 0
    holder: str | None = None
    held_since: datetime | None = None
    parked_until: datetime | None = None
    reminder: str = ""  # why it was parked
    machine_due: datetime | None = None
    normal_due: datetime | None = None
    due_at: datetime | None = None  # the earliest that is due; storage works it out
    alarm_at: datetime | None = None  # when what opened it was raised; it may have come late
    runaway_at: datetime | None = None  # its panel ran away: what else comes is only counted
    storm_id: str | None = None  # the storm that it is part of
    storm_until: datetime | None = None  # so long the storm holds its plan, and stands for it
    closed_at: datetime | None = None
    resolution_code: str | None = None
    resolution_text: str = ""
    wish: Mapping[str, Any] | None = None  # what takes a second person (``handling.alarms.filing``)
    version: int = 1

    @property
    def mute(self) -> bool:
        """Nothing may ring or message the site or its staff (D7)."""
        return is_personal(self.kind, duress=self.duress)

    @property
    def reference(self) -> str:
        """What papers call it: the search finds it by that. Its id's milliseconds; the first eight
        of their digits are the same for a minute."""
        return self.id[:12].upper()

    @property
    def normal(self) -> bool:
        """Every zone that alarmed is restored."""
        return is_normal(self.kind, self.zones)

    def but(self, **changes: Unpack[Changes]) -> Incident:
        """The same with these ``changes``: ``dataclasses.replace`` takes thirty times as long."""
        other = object.__new__(Incident)
        other.__dict__.update(self.__dict__, **changes)
        return other


class Changes(TypedDict, total=False):
    """The fields that can change; ``due_at`` and ``version`` are for storage to write."""

    category: Category
    priority: int
    state: State
    confirmed: bool
    duress: bool
    zones: Mapping[str, str]
    signal_count: int
    rounds: Mapping[str, int]
    grounds: str | None
    exercise: bool
    shadow: bool
    step: str | None
    step_since: datetime | None
    machine: Machine
    with_human: bool
    human_reason: str
    human_since: datetime | None
    queue_due: datetime | None
    queue_level: int
    holder: str | None
    held_since: datetime | None
    parked_until: datetime | None
    reminder: str
    machine_due: datetime | None
    normal_due: datetime | None
    due_at: datetime | None
    runaway_at: datetime | None
    storm_id: str | None
    storm_until: datetime | None
    closed_at: datetime | None
    resolution_code: str | None
    resolution_text: str
    wish: Mapping[str, Any] | None
    version: int
