"""All that is kept of an incident, as its report is made of. Times are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from callflow.core.alarms.filing import Open
from callflow.core.alarms.incident import Incident
from callflow.core.calls.call import Call, Recording
from callflow.core.interventions.directory import ServiceCall, ServiceReport
from callflow.core.interventions.firm import VisitBy
from callflow.core.interventions.law import Verification
from callflow.core.messages.outbox import Image
from callflow.core.plans.measure import ProtectiveMeasure
from callflow.core.plans.task import Task
from callflow.core.records.logbook import MACHINE, Entry
from callflow.core.signals.signal import StoredSignal
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.fault import Fault
from callflow.core.sites.site import Role
from callflow.core.sites.zones import zone_name


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who is called, or sent: a contact of the site, or a firm."""

    name: str
    role: Role | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """An incident with everything that belongs to it. ``target``: how long it may stand unclaimed
    (docs/explanation/law.md#en-50518)."""

    incident: Incident
    site: DeclaredSite | None
    zones: Mapping[tuple[str, str], str]  # {(account, zone): its name}
    signals: tuple[StoredSignal, ...]
    signal_count: int  # of a runaway panel not all are here
    calls: tuple[Call, ...]
    recordings: Mapping[str, Recording]
    people: Mapping[str, Party]  # by contact id
    verifications: tuple[Verification, ...]
    service_calls: tuple[ServiceCall, ...]
    service_reports: tuple[ServiceReport, ...]
    tasks: tuple[Task, ...]
    visits: tuple[VisitBy, ...]
    measures: tuple[ProtectiveMeasure, ...]
    images: tuple[Image, ...]
    entries: tuple[Entry, ...]
    target: timedelta
    faults: tuple[Fault, ...] = ()  # that were established at it
    open: tuple[Open, ...] = ()  # what is still open
    called: Mapping[str, str] = field(default_factory=dict)  # {log-in: the name that is shown}

    def party(self, contact_id: str | None) -> Party | None:
        """Who a contact's id stands for."""
        return self.people.get(contact_id or "")

    def named_staff(self, who: str) -> str:
        """Somebody of the station by the name that is shown, with what tells them apart: paper has
        no title to hover over."""
        return f"{self.called[who]} ({who})" if who in self.called else who

    def zone(self, signal: StoredSignal) -> str:
        """A signal's zone as people know it; "" where nobody named it."""
        return zone_name(self.zones, signal.account, signal.zone)

    def named(self, account: str, zone: str) -> str:
        """A zone as people know it, or as its panel does."""
        return zone_name(self.zones, account, zone) or zone

    @cached_property
    def staff(self) -> tuple[str, ...]:
        """The station's people who did something here, in their order: no client's, no firm's."""
        others = {party.name for party in self.people.values()} | {MACHINE, ""}
        did = [
            *(entry.who for entry in self.entries),
            *(one.by for one in self.verifications),
            *(one.requester for one in self.service_calls),
            *(one.by for one in self.service_reports),
            *(one.operator or one.requester for one in self.calls),
            *(who for one in self.measures for who in (one.opened_by, one.lifted_by)),
        ]
        return tuple(dict.fromkeys(who for who in did if who not in others))
