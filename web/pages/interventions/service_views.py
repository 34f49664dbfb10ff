"""An incident's services as pages and API show them: the gates, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callflow.core.alarms.evidence import Evidence
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call
from callflow.core.interventions.directory import ServiceCall, ServiceLine, ServiceReport
from callflow.core.interventions.law import Gate, Service, Verification
from callflow.handling.interventions import services as interventions_services
from callflow.storage import Tx
from callflow.storage.interventions import services
from web.pages.alarms.verification_views import evidence_of


@dataclass(frozen=True, slots=True)
class Revealed:
    """A line whose reserved number somebody asked to see, in E.164."""

    line: str
    number: str


@dataclass(frozen=True, slots=True)
class GateView:
    """A service's gate, and the line to call; None: none is competent."""

    service: Service
    gate: Gate
    line: ServiceLine | None


@dataclass(frozen=True, slots=True)
class Services:
    """The gates of an incident as they stand, its verifications, calls and reports."""

    gates: list[GateView]
    verifications: list[Verification]
    evidence: Evidence | None
    calls: list[ServiceCall]
    reports: list[ServiceReport]


def services_of(tx: Tx, incident: Incident, its_calls: Sequence[Call], now: datetime) -> Services:
    """The services of an incident; ``its_calls`` are those to people."""
    return Services(
        gates=[_gate(tx, incident, service, now) for service in Service],
        verifications=services.verifications(tx, incident.id),
        evidence=evidence_of(tx, incident, its_calls),
        calls=services.calls_of(tx, incident.id),
        reports=services.reports_of(tx, incident.id),
    )


def _gate(tx: Tx, incident: Incident, service: Service, now: datetime) -> GateView:
    line = interventions_services.competent_line(tx, incident, service, now)
    return GateView(service, interventions_services.service_gate(tx, incident, service), line)
