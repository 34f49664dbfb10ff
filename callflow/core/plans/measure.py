"""A protective measure (D26): what keeps a site that is not as it should be, until its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callflow.core.plans.call_plan import Measure


@dataclass(frozen=True, slots=True)
class ProtectiveMeasure:
    """A measure; it runs until it is lifted. Times are UTC."""

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
