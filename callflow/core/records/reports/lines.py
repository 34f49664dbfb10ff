"""A report's parts, each as it is printed. Times are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from callflow.core.alarms.filing import What
from callflow.core.alarms.incident import State
from callflow.core.calls.call import Outcome
from callflow.core.interventions.law import Answer, Finding, Means, Service, Weight
from callflow.core.plans.call_plan import Measure
from callflow.core.plans.task import TaskOutcome
from callflow.core.records.reports.widths import Width
from callflow.core.signals.signal import Kind, Treatment
from callflow.core.sites.site import Role


@dataclass(frozen=True, slots=True)
class Who:
    """Who did something: the machine, an operator (``number`` where the name is not told), or
    somebody by name."""

    name: str = ""
    number: int = 0

    @property
    def machine(self) -> bool:
        """True where nobody did it."""
        return not self.name and not self.number


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call, with how long it rang and was spoken (seconds)."""

    who: str
    role: Role | None
    number: str  # as this reader sees it
    service: bool
    incoming: bool
    attempt: int
    asked_at: datetime
    placed_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    by: Who
    recording: str = ""  # SHA-256
    problem: str = ""  # of the recording
    withdrawn: bool = False
    ours: bool = False  # one of the station's own telephones

    @property
    def at(self) -> datetime:
        """When it was placed, else asked for."""
        return self.placed_at or self.asked_at

    @property
    def rang(self) -> float | None:
        """Seconds until it was picked up, or given up."""
        end = self.answered_at or self.ended_at
        return (end - self.at).total_seconds() if end and self.placed_at else None

    @property
    def talked(self) -> float | None:
        """Seconds from the answer to the end."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.answered_at).total_seconds()


@dataclass(frozen=True, slots=True)
class SignalLine:
    """What a panel sent."""

    at: datetime
    kind: Kind
    zone: str  # its name, else its number
    treatment: Treatment | None
    quiet: bool  # no alarm: its end, an opening, a closing
    ended: bool  # its zone is back to normal
    code: str = ""
    number: str = ""  # the zone's
    partition: str = ""
    text: str = ""
    panel_time: datetime | None = None
    format: str = ""
    line: str = ""
    user: str = ""
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline: an entry of the logbook, a call or a signal."""

    at: datetime
    who: Who
    kind: str = ""  # of the entry
    data: Mapping[str, Any] | None = None
    call: CallLine | None = None
    others: tuple[CallLine, ...] = ()  # that reached nobody either, one after the other
    signal: SignalLine | None = None


class Milestone(StrEnum):
    """What is measured from the alarm on (docs/explanation/law.md#en-50518)."""

    SHOWN = "shown"  # in front of the operators
    CLAIMED = "claimed"
    FIRST_CALL = "first_call"
    REACHED = "reached"  # the first person who answered
    VERIFIED = "verified"
    SERVICE = "service"  # a service was told
    ON_SITE = "on_site"  # a guard, or a technician
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Figure:
    """A response time: seconds from the alarm's receipt, and the target where one is set."""

    what: Milestone
    at: datetime
    seconds: float
    target: float | None = None

    @property
    def late(self) -> bool:
        """True where it took longer than it may."""
        return self.target is not None and self.seconds > self.target


@dataclass(frozen=True, slots=True)
class Check:
    """A verification (levée de doute)."""

    at: datetime
    means: Means
    result: Finding
    person: str
    note: str
    by: Who
    weight: Weight | None  # None: not told


@dataclass(frozen=True, slots=True)
class Told:
    """What was said to a service."""

    at: datetime
    service: Service
    answer: Answer
    reference: str
    counter_order: bool
    by: Who
    line: str = ""
    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A guard or technician who was sent, and how far they came."""

    who: str
    technician: bool
    asked_at: datetime | None  # None: they came by themselves
    accepted_at: datetime | None = None
    on_site_at: datetime | None = None
    left_at: datetime | None = None
    outcome: TaskOutcome | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Protection:
    """A protective measure."""

    kind: Measure
    text: str
    firm: str
    zone: str
    began_at: datetime
    ends_at: datetime
    lifted_at: datetime | None
    by: Who


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A fault that was established. ``zone``: "" for the panel itself."""

    zone: str
    text: str
    cause: str
    firm: str
    began_at: datetime
    appointment_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenLine:
    """What is still open, and until when. ``note``: the zone, the measure, the promise."""

    what: What
    note: str
    since: datetime
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A still, or a clip of which only the proof is printed."""

    id: str
    camera: str
    at: datetime
    clip: bool
    path: str
    sha256: str
    ends_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What one reader is shown. Times are UTC, ``timezone`` is the site's."""

    width: Width
    language: str
    timezone: str
    incident: str
    reference: str  # short, for people
    kind: Kind
    priority: int
    state: State
    confirmed: bool
    exercise: bool
    station: bool  # an alarm of the station itself
    account: str
    site_name: str
    client_name: str
    address: str
    opened_at: datetime
    begun_at: datetime  # the first signal's receipt: what is counted from
    closed_at: datetime | None
    resolution: str
    resolution_text: str
    plan: str
    figures: tuple[Figure, ...]
    signals: tuple[SignalLine, ...]
    more_signals: int
    moments: tuple[Moment, ...]
    more_moments: int
    calls: tuple[CallLine, ...]
    checks: tuple[Check, ...]
    told: tuple[Told, ...]
    sent: tuple[Sent, ...]
    measures: tuple[Protection, ...]
    faults: tuple[FaultLine, ...]
    open: tuple[OpenLine, ...]
    pictures: tuple[Picture, ...]
    more_pictures: int
    as_of: datetime  # of the last that is told of the alarm: what comes later is not in it
    head: str = ""  # the hash of the last entry of its chain, of the complete report

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that alarmed, each once."""
        alarmed = (one.zone for one in self.signals if one.zone and not one.quiet)
        return tuple(dict.fromkeys(alarmed))

    @property
    def stills(self) -> tuple[Picture, ...]:
        """What is printed as a picture."""
        return tuple(one for one in self.pictures if not one.clip and one.path)
