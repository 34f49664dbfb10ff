"""The directory of services: which line is competent for a site at an hour (D23).

Only the reserved number of each service, by place, is called (CSI D613-17 ff.). It is confidential:
shown masked, and revealed by a logged act.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callflow.core.calls.call import Call
from callflow.core.calls.phones import owner_of
from callflow.core.calls.purpose import Purpose
from callflow.core.interventions.law import Answer, Reason, Service
from callflow.core.time.availability import ALWAYS, Availability, available


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceLine:
    """A service's line. ``place`` is the beginning of the postcodes that it is competent for, ""
    for everywhere; ``site_id`` names one site instead. ``hours`` are by the clock of the site.
    """

    id: str
    service: Service
    name: str
    number: str  # E.164
    site_id: str | None = None
    place: str = ""
    hours: Availability = ALWAYS
    note: str = ""
    fax: str | None = None  # E.164

    @property
    def number_masked(self) -> str:
        """Its number as it is shown."""
        return masked(self.number)

    def covers(self, site: str | None, postcode: str) -> bool:
        """True where it is competent for a site with this postcode."""
        if self.site_id is not None:
            return self.site_id == site
        return not self.place or postcode.startswith(self.place)


def competent(
    lines: Iterable[ServiceLine],
    service: Service,
    *,
    site: str | None,
    postcode: str,
    at: datetime,
    zone: ZoneInfo,
) -> ServiceLine | None:
    """The line of ``service`` that is competent for a site at ``at``; None where none is.

    The site's own line comes first, then the longest place; of two for one place the one with
    hours, so that a line without hours is the one that it is forwarded to at night.
    """
    served = [
        line
        for line in lines
        if line.service is service
        and line.covers(site, postcode)
        and available(line.hours, at, zone)
    ]
    return min(served, key=_order, default=None)


def _order(line: ServiceLine) -> tuple[bool, int, bool, str]:
    return line.site_id is None, -len(line.place), line.hours == ALWAYS, line.id


def masked(number: str) -> str:
    """A reserved number as it is shown: its country and its last two digits."""
    return f"{number[:3]}{'•' * max(0, len(number) - 5)}{number[-2:]}"


def shown(step: str, number: str) -> str:
    """The number of a call as people see it, its step being ``step``."""
    return masked(number) if step == Purpose.SERVICE else number


def told_as(call: Call) -> str:
    """The number of a call as the logbook has it: a service's is confidential, a phone of ours is
    its owner's."""
    return owner_of(call) or shown(call.step, call.to)


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A person asked for a service's line. ``id`` is the conference of the operator and the
    service; times are UTC."""

    id: str
    incident_id: str
    service: Service
    line_name: str
    number: str
    requester: str
    gate: Reason  # why it was allowed
    override_reason: str
    requested_at: datetime
    call_id: str | None = None  # the call to the service, once a desk took it


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """What was said to a service, and its answer (D23). Times are UTC."""

    id: str
    incident_id: str
    service: Service
    line_name: str
    person: str  # who answered there
    reference: str  # of theirs
    answer: Answer
    counter_order: bool  # they were told not to come any more
    note: str
    by: str
    said_at: datetime
    at: datetime  # when it was recorded
    call_id: str | None  # the call to the service, where we made it
    script: str  # what the page gave to say
