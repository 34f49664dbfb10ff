"""An incident's services as pages and API show them: the gates, and what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callflow.core.alarms.evidence import Evidence
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call
from callflow.core.interventions.directory import ServiceCall, ServiceReport
from callflow.core.interventions.law import Verification
from callflow.core.messages.outbox import Image
from callflow.handling.interventions import services as interventions_services
from callflow.handling.interventions.services import Gated
from callflow.storage import Tx
from callflow.storage.interventions import services
from web.pages.alarms.verification_views import evidence_of


@dataclass(frozen=True, slots=True)
class Revealed:
    """A line whose reserved number somebody asked to see, in E.164."""

    line: str
    number: str


@dataclass(frozen=True, slots=True)
class Services:
    """The gates of an incident as they stand, its verifications, calls and reports."""

    gates: list[Gated]
    verifications: list[Verification]
    evidence: Evidence | None
    calls: list[ServiceCall]
    reports: list[ServiceReport]


def services_of(
    tx: Tx,
    incident: Incident,
    made: Sequence[Call],
    images: Sequence[Image],
    now: datetime,
) -> Services:
    """The services of an incident, whose calls and images are known."""
    recorded = services.verifications(tx, incident.id)
    return Services(
        gates=interventions_services.gates(tx, incident, made, recorded, now),
        verifications=recorded,
        evidence=evidence_of(tx, incident, made, recorded, images),
        calls=services.calls_of(tx, incident.id),
        reports=services.reports_of(tx, incident.id),
    )
