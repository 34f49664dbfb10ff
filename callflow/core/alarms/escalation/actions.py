"""Deciding's answers: data that ``handling`` turns into rows, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from callflow.core.plans.call_plan import Step
from callflow.core.plans.task import TaskOutcome
from callflow.core.sites.site import Contact


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceCall:
    """Call ``contact`` now."""

    step: str
    contact: Contact
    to: str
    attempt: int
    ring_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoNumber:
    """The turn of a contact who has no number: said, counted, passed over."""

    step: str
    contact: Contact
    attempt: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdraw:
    """The step is settled: whoever it still has called is not called any more."""

    step: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EnterStep:
    """The plan goes on to ``step``, because of ``why``.

    ``grounds``: the answer that would justify a closure from here ("STEP/OUTCOME"), None: nothing
    does. ``left`` is the go_to that was taken to get there, which counts.
    """

    step: str
    why: str
    grounds: str | None = None
    left: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenTask:
    """Ask for what ``step`` says, of ``subject`` where that is somebody; overdue at ``due_at``."""

    step: Step
    due_at: datetime | None
    subject: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EndTask:
    """Nobody waits for this task any more."""

    task: str
    outcome: TaskOutcome


@dataclass(frozen=True, kw_only=True, slots=True)
class HandToHuman:
    """The incident stands in the operators' queue, with the reason."""

    reason: str
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Close:
    """A justified closure by the machine."""

    code: str
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finish:
    """The plan has nothing more to do."""


Action = (
    PlaceCall | NoNumber | Withdraw | EnterStep | OpenTask | EndTask | HandToHuman | Close | Finish
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Actions to take now, in order, and when to look again (UTC; None: at the next event)."""

    actions: tuple[Action, ...] = ()
    due_at: datetime | None = None
