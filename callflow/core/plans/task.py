"""A task: what a plan's step asks of somebody, or something, other than by a phone call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class TaskState(StrEnum):
    """Where a task stands; it only moves forward in this order."""

    OPEN = "open"
    ENDED = "ended"  # has an outcome
    CANCELLED = "cancelled"  # withdrawn: nobody waits for it any more


class TaskOutcome(StrEnum):
    """How a task ended: one closed list; None while it is open."""

    DONE = "done"  # somebody, or the machine, did what was asked
    FAILED = "failed"  # it can't be done; the machine tried as long as it makes sense
    OVERDUE = "overdue"  # its time limit passed
    CONFIRMED = "confirmed"  # what was asked is seen, heard or confirmed by the panel
    NOTHING = "nothing"  # looked, or listened: nothing found
    SERVICE_COMES = "service_comes"  # police, fire or medical accepted
    SERVICE_DECLINES = "service_declines"
    ALL_CLEAR = "all_clear"  # a guard's report: nothing found, inside and outside
    TRACES = "traces"  # a guard's report: somebody was or is there
    DURESS = "duress"  # said with the code under threat


@dataclass(frozen=True, slots=True)
class Task:
    """One task of one step of an incident. Times are UTC.

    ``kind`` is the step's (``StepKind``), ``subject`` whom it is asked of where that is somebody (a
    guard firm's contact id), ``data`` what is known of its progress (a guard's ``accepted_at``,
    ``expected_at``, ``on_site_at``, as ISO 8601 texts).
    """

    id: str
    incident_id: str
    step: str
    kind: str
    state: TaskState
    requested_at: datetime
    outcome: TaskOutcome | None = None
    subject: str = ""
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""

    @property
    def open(self) -> bool:
        return self.state is TaskState.OPEN
