"""A zone, or a part of a panel, that does not work: from the day it is known until it does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

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
    mail: str = ""  # where the client is reminded, beside the SMS to who answers for the site
    appointment_at: datetime | None = None
    remind_at: datetime | None = None
    reminders: int = 0
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_because: str = ""

    @property
    def open(self) -> bool:
        return self.ended_at is None

    @property
    def revision(self) -> str:
        """Another one once what is agreed for it changed."""
        at = self.appointment_at.isoformat() if self.appointment_at else ""
        said = (self.cause, self.firm_id or "", self.quote, at, self.mail)
        return sha256("\0".join(said).encode()).hexdigest()[:16]

    def late(self, now: datetime) -> bool:
        """Say whether its appointment is over and it still runs."""
        return self.open and self.appointment_at is not None and self.appointment_at < now


def reminded_next(fault: Fault, now: datetime) -> datetime:
    """When the client is reminded next: the day after an appointment that changed nothing, and
    else every week."""
    if fault.appointment_at is not None and fault.appointment_at > now:
        return fault.appointment_at + timedelta(days=1)
    return now + REMIND_EVERY


def works_again(
    fault: Fault, told: Iterable[tuple[str, bool, datetime]], now: datetime
) -> datetime | None:
    """Since when its zone is restored and quiet; None: it is not, or not for long enough.

    ``told``: (zone's key, whether it ended, when) of its panel's signals since, the newest first.
    """
    for zone, ended, at in told:
        if zone == fault.zone:
            return at if ended and now - at >= QUIET else None
    return None


def week_of(now: datetime, zone: ZoneInfo) -> str:
    """The week of whose list it is time, such as "2026-W49": from Monday at seven on."""
    local = now.astimezone(zone) - timedelta(hours=7)
    year, week, _ = local.isocalendar()
    return f"{year}-W{week:02}"
