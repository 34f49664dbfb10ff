"""Monthly reports: who gets one, of what, and when it is made. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import StrEnum

from callflow.core.records.statistics import month_before

#: They are made at night, from the first of the month on: at the station, from, until.
NIGHT = time(2), time(6)


class Subject(StrEnum):
    """Whose alarms a report is about."""

    STATION = "station"
    CLIENT = "client"
    FIRM = "firm"  # the sites that a firm has a part at


@dataclass(frozen=True, slots=True)
class Subscription:
    """Somebody who is sent a report each month. ``subject_id``: the client's, the firm's; "" of the
    station. ``made_at`` is UTC."""

    id: str
    subject: Subject
    subject_id: str
    to: str  # a mail address
    language: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class MonthlyReport:
    """What came of one month's report: its document, or the ``problem``. ``month``: 202611."""

    subscription_id: str
    month: int
    document_id: str | None
    problem: str
    made_at: datetime


def due(now: datetime, zone: tzinfo) -> tuple[date, date] | None:
    """The first and last day of the month whose reports may be made now; None by day."""
    local = now.astimezone(zone)
    if not NIGHT[0] <= local.time() < NIGHT[1]:
        return None
    return month_before(local.date())


def number_of(day: date) -> int:
    """A month as rows keep it: 202611."""
    return day.year * 100 + day.month
