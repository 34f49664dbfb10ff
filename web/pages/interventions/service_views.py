"""An incident's services as pages and API show them: the gates, and what was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callflow.core.alarms.incident import Incident
from callflow.core.interventions.directory import masked
from callflow.core.interventions.law import Service
from callflow.handling.interventions import services as interventions_services
from callflow.storage import Tx
from callflow.storage.interventions import services
from callflow.storage.messages import outbox
from web.pages.alarms.verification_views import evidence_of, heard_of, items_of, script_of

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Revealed:
    """A line whose reserved number somebody asked to see, in E.164."""

    line: str
    number: str


def services_of(tx: Tx, row: Incident, now: datetime) -> Row:
    """The gates of an incident as they stand, its verifications, calls and reports."""
    verifications = [_verification(tx, one) for one in services.verification_rows(tx, row.id)]
    return {
        "gates": [_gate(tx, row, service, now) for service in Service],
        "verifications": verifications,
        "evidence": evidence_of(tx, row),
        "items": items_of(tx, row),
        "heard": heard_of(tx, row),
        "script": script_of(tx, row, verifications, now),
        "calls": services.calls_of(tx, row.id),
        "reports": services.reports_of(tx, row.id),
    }


def _verification(tx: Tx, row: Row) -> Row:
    """With the name of what was looked at."""
    image = outbox.image(tx, row["image_id"]) if row["image_id"] else None
    return {**row, "image_name": image.name if image else ""}


def _gate(tx: Tx, row: Incident, service: Service, now: datetime) -> Row:
    line = interventions_services.competent_line(tx, row, service, now)
    return {
        "service": service,
        "gate": interventions_services.service_gate(tx, row, service),
        "line": line.name if line else None,
        "line_id": line.id if line else None,
        "number": masked(line.number) if line else None,
    }
