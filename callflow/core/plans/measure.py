"""A protective measure (D26): what keeps a site that is not as it should be, until its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callflow.core.plans.call_plan import Measure


class EndsWhen(StrEnum):
    """What lifts a measure before its end, beside a person."""

    ARMED = "armed"  # every partition of the site is armed again
    RESTORED = "restored"  # its zone, or every zone of its alarm, is restored


@dataclass(frozen=True, slots=True)
class ProtectiveMeasure:
    """A measure; it runs until it is lifted. Times are UTC.

    ``rate`` in cents, for an hour, a round or once, as ``UNITS`` says; None: as the price list
    says. ``report_every`` in minutes.
    """

    id: str
    site_id: str
    kind: Measure
    text: str
    opened_by: str
    began_at: datetime
    ends_at: datetime
    incident_id: str | None = None  # None: it stands for itself, and its end is looked at
    zone: str = ""  # where it is about one
    lifted_at: datetime | None = None
    lifted_by: str = ""
    firm_id: str | None = None  # who does it
    rate: int | None = None
    report_every: int = 0  # 0: nobody reports of it
    report_due: datetime | None = None  # when the next report is overdue
    ends_when: EndsWhen | None = None
    opened_for: str | None = None  # the incident that it was opened for, filed or gone since

    @property
    def until(self) -> datetime:
        """When it ended, or will end."""
        return self.lifted_at or self.ends_at

    def runs(self, now: datetime) -> bool:
        """True from its beginning until its end."""
        return self.lifted_at is None and self.began_at <= now < self.ends_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What else is agreed of a measure when it is opened; see ``ProtectiveMeasure``."""

    begins_at: datetime | None = None  # None: now
    zone: str = ""
    firm_id: str | None = None
    rate: int | None = None
    report_every: int = 0
    ends_when: EndsWhen | None = None


#: Measures last so long at most, begin so long before or after they are written down, and are
#: reported of so seldom at most (minutes); a rate is so many cents at most.
LONGEST, AROUND = timedelta(days=90), timedelta(days=7)
MOST_REPORT, MOST_RATE = 7 * 1440, 1_000_000


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reported of a measure, a round of a patrol. ``at`` in UTC."""

    id: str
    measure_id: str
    at: datetime
    by: str
    text: str


class Unit(StrEnum):
    """What a price is for."""

    ACT = "act"
    HOUR = "hour"
    ROUND = "round"


#: What each kind of measure is paid for by.
UNITS = {Measure.GUARD_ON_SITE: Unit.HOUR, Measure.PATROL: Unit.ROUND}

#: Hundredths of a unit: quantities are whole numbers of them.
ONE = 100
_QUARTER = timedelta(minutes=15)


def hours(begin: datetime, end: datetime) -> int:
    """Hundredths of hours from ``begin`` to ``end``, each quarter that began counted whole."""
    quarters = -((begin - end) // _QUARTER) if end > begin else 0
    return quarters * ONE // 4


def quantity(measure: ProtectiveMeasure, rounds: int, at: datetime) -> int:
    """What a measure came to at ``at``, in hundredths of its unit."""
    match UNITS.get(measure.kind, Unit.ACT):
        case Unit.HOUR:
            return hours(measure.began_at, min(at, measure.until))
        case Unit.ROUND:
            return rounds * ONE
        case _:
            return ONE if measure.began_at <= at else 0


def cost(measure: ProtectiveMeasure, rounds: int, at: datetime) -> int | None:
    """Cents until ``at``, by its own rate; None: it has none."""
    return None if measure.rate is None else amount(quantity(measure, rounds, at), measure.rate)


def amount(of: int, price: int) -> int:
    """Cents for ``of`` hundredths of a unit at ``price`` cents, half a cent rounded away from 0."""
    product = abs(of * price)
    cents = (product + ONE // 2) // ONE
    return cents if of * price >= 0 else -cents


def next_report(measure: ProtectiveMeasure, said_at: datetime) -> datetime | None:
    """When the report that follows one at ``said_at`` is overdue; None: none is asked for."""
    if not measure.report_every:
        return None
    return max(said_at, measure.began_at) + timedelta(minutes=measure.report_every)
