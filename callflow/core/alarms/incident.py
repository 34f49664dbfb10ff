"""An incident: its states, as one table (D26), and when a new signal joins it (D6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from callflow.core.signals.signal import ALWAYS_OWN, PERSONAL, Category, Kind


class State(StrEnum):
    """Where an incident stands (D26)."""

    OPEN = "open"
    HANDLED = "handled"  # acquittée: explained and treated
    AWAITING_NORMAL = "awaiting_normal"  # treated, but the site is not back to normal
    FILED = "filed"  # classée


class Event(StrEnum):
    """What moves an incident from one state to the next."""

    CLOSE = "close"  # handled, with a resolution code
    NOT_NORMAL = "not_normal"  # a zone is still in alarm
    NORMAL = "normal"  # every zone is restored
    OVERDUE = "overdue"  # not back to normal in time: a human again
    ALARM = "alarm"  # a new alarm voids what was decided (D6)
    HELP = "help"  # somebody on the phone needs a human, in a call that outlived the closure
    UNDO = "undo"  # the closing of an open one is taken back by who did it, within seconds
    UNDO_AGAIN = "undo_again"  # the same of one that had been treated before
    FILE = "file"  # a person files it though no restore came, and answers for it


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
    """Whether the call plan runs by itself."""

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
    """Whether a signal of ``kind`` joins an unfiled incident of ``open_kind`` (D6)."""
    return kind not in ALWAYS_OWN and family(open_kind, kind)


def family(one: Kind, other: Kind) -> bool:
    """Whether two kinds tell of the same matter."""
    return one is other or any(one in f and other in f for f in FAMILIES)


def is_personal(kind: Kind, *, duress: bool) -> bool:
    """Whether an alarm is mute: nothing may ring on site or at its staff, no key ends it (D7)."""
    return duress or kind in PERSONAL


def ruling(alarms: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The alarm of a site by which every word there goes, whatever else is open and whichever came
    first (D29): its oldest open personal one. None: there is none. A rehearsal rules nothing.

    ``alarms``: rows of incidents of one site.
    """
    personal = [
        row
        for row in alarms
        if row["state"] == State.OPEN.value
        and not row["exercise"]
        and is_personal(Kind(row["kind"]), duress=bool(row["duress"]))
    ]
    return min(personal, key=lambda row: row["opened_at"], default=None)


def starts_with_human(kind: Kind, category: Category) -> bool:
    """Vital and personal alarms stand in the human queue from receipt (D5)."""
    return category is Category.VITAL or kind in PERSONAL


#: Kinds whose end no panel tells reliably, or that have none: normal once they are treated.
_WITHOUT_RESTORE = PERSONAL | {
    Kind.MEDICAL,
    Kind.LIFT,
    Kind.DEAD_MAN,
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
    """Whether nothing of the incident still alarms, as far as its kind can tell."""
    return kind in _WITHOUT_RESTORE or all(state == "restored" for state in zones.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident:
    """What deciding needs to know of an incident. Times are UTC."""

    id: str
    site: str | None
    account: str
    kind: Kind
    category: Category
    priority: int
    state: State
    duress: bool = False
    zones: dict[str, str]
    step: str | None
    step_since: datetime | None
    machine: Machine
    with_human: bool
    holder: str | None = None
    opened_at: datetime
    #: The answer that would justify a closure now, "STEP/OUTCOME".
    grounds: str | None = None
    #: {a go_to step: how often it was taken}
    rounds: Mapping[str, int] = field(default_factory=dict)
    exercise: bool = False  # a rehearsal: announced, and no emergency service is asked

    @property
    def mute(self) -> bool:
        """Nothing may ring or message the site or its staff (D7)."""
        return is_personal(self.kind, duress=self.duress)

    @property
    def normal(self) -> bool:
        """Every zone that alarmed is restored."""
        return is_normal(self.kind, self.zones)
