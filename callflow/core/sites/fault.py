"""A zone, or a part of a panel, that does not work: from the day it is known until it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: Who ended it, where its panel told that it works again.
BY_SIGNAL = "callflow"
#: A zone that was restored and has been quiet for so long works again.
QUIET = timedelta(hours=1)
#: The client is reminded so often of a fault for which no technician is awaited.
REMIND_EVERY = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One (mission 5.4). ``zone``: its key, "" the panel itself; ``firm_id``: the maintenance
    firm's contact; ``incident_id``: the alarm that it was found at. Times are UTC."""

    id: str
    site_id: str
    account: str
    zone: str
    text: str
    opened_by: str
    began_at: datetime
    incident_id: str | None = None
    cause: str = ""
    firm_id: str | None = None
    quote: str = ""
    quoted_at: datetime | None = None
    appointment_at: datetime | None = None
    remind_at: datetime | None = None
    reminders: int = 0
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_because: str = ""

    @property
    def open(self) -> bool:
        return self.ended_at is None

    def late(self, now: datetime) -> bool:
        """Say whether its appointment is over and it still runs."""
        return self.open and self.appointment_at is not None and self.appointment_at < now


def reminded_next(fault: Fault, now: datetime) -> datetime:
    """When the client is reminded next: the day after an appointment that changed nothing, and
    else every week."""
    coming = fault.appointment_at is not None and fault.appointment_at > now
    if coming and fault.appointment_at is not None:
        return fault.appointment_at + timedelta(days=1)
    return now + REMIND_EVERY
