"""The directory of services: which line is competent for a site at an hour (D23).

Only the reserved number of each service, by place, is called (CSI D613-17 ff.). It is confidential:
shown masked, and revealed by a logged act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callflow.core.calls.call import SERVICE_STEP, Call
from callflow.core.calls.phones import owner_of
from callflow.core.interventions.law import Service
from callflow.core.time.availability import ALWAYS, Availability, available
from callflow.core.time.holidays import NO_DAYS, OwnDays


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A service's line. ``place`` is the beginning of the postcodes that it is competent for, ""
    for everywhere; ``site`` names one site instead. ``hours`` are by the clock of the site.
    """

    id: str
    service: Service
    name: str
    number: str  # E.164
    site: str | None = None
    place: str = ""
    hours: Availability = ALWAYS

    def covers(self, site: str | None, postcode: str) -> bool:
        """Whether it is competent for a site with this postcode."""
        if self.site is not None:
            return self.site == site
        return not self.place or postcode.startswith(self.place)


def competent(
    lines: Iterable[Line],
    service: Service,
    *,
    site: str | None,
    postcode: str,
    at: datetime,
    zone: ZoneInfo,
) -> Line | None:
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


def _order(line: Line) -> tuple[bool, int, bool, str]:
    return line.site is None, -len(line.place), line.hours == ALWAYS, line.id


def masked(number: str) -> str:
    """A reserved number as it is shown: its country and its last two digits."""
    return f"{number[:3]}{'•' * max(0, len(number) - 5)}{number[-2:]}"


def shown(step: str, number: str) -> str:
    """The number of a call as people see it, its step being ``step``."""
    return masked(number) if step == SERVICE_STEP else number


def told_as(call: Call) -> str:
    """The number of a call as the logbook has it: a service's is confidential, a phone of ours is
    its owner's."""
    return owner_of(call) or shown(call.step, call.to)


def line_from_row(row: Mapping[str, Any], own: OwnDays = NO_DAYS) -> Line:
    """A stored line, with what the station says of days. Raises hours.CalendarError or ValueError
    on one that was never checked."""
    return Line(
        id=row["id"],
        service=Service(row["service"]),
        name=row["name"],
        number=row["number"],
        site=row["site_id"],
        place=row["place"],
        hours=Availability.from_json(row["hours"], "hours", own),
    )
