"""All that is kept of an incident, read for its report."""

from collections.abc import Iterable

from callflow.core.records.reports.facts import Facts, Party
from callflow.core.sites.site import Role
from callflow.handling.alarms.ends.filing import still_open
from callflow.handling.base.policy import load_policy
from callflow.handling.base.refusals import NotFound
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.calls import calls
from callflow.storage.interventions import firms, guards, measures, services
from callflow.storage.messages import outbox
from callflow.storage.people import users
from callflow.storage.records import logbook
from callflow.storage.signals import signals
from callflow.storage.sites import contacts, faults, sites

#: Of a runaway panel's signals so many are read, and of the logbook so many entries.
_SIGNALS, _ENTRIES = 1000, 5000


def facts(tx: Tx, incident_id: str) -> Facts:
    """Everything that belongs to an incident, as of its last entry. Raises NotFound. Only reads."""
    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise NotFound("there is no such alarm", incident_id)
    site_id = incident.site_id
    made = calls.of_incident(tx, incident_id)
    asked = tasks.of_incident(tx, incident_id)
    taken = measures.of_incident(tx, incident_id)
    entries = tuple(logbook.page(tx, incident=incident_id, limit=_ENTRIES))
    named = [*(one.contact_id for one in made), *(task.subject for task in asked)]
    named += [one.firm_id for one in taken]
    known = faults.of_site(tx, site_id) if site_id else []
    found = [one for one in known if one.incident_id == incident_id]
    named += [one.firm_id for one in found]
    return Facts(
        incident=incident,
        site=sites.get(tx, site_id) if site_id else None,
        zones=sites.zone_names(tx, site_id) if site_id else {},
        signals=tuple(signals.page(tx, incident=incident_id, limit=_SIGNALS)),
        signal_count=incident.signal_count,
        calls=tuple(call for call in made if call.successor is None),
        recordings=calls.recordings(tx, [call.recorded_as for call in made]),
        people=_people(tx, site_id, filter(None, named)),
        verifications=tuple(services.verifications(tx, incident_id)),
        service_calls=tuple(services.calls_of(tx, incident_id)),
        service_reports=tuple(services.reports_of(tx, incident_id)),
        tasks=tuple(asked),
        visits=tuple(firms.visits_of(tx, incident_id)),
        measures=tuple(taken),
        images=tuple(outbox.images_of(tx, [incident_id])[incident_id]),
        entries=entries,
        target=load_policy(tx).target(incident.category),
        faults=tuple(found),
        open=still_open(tx, incident, entries[-1].at if entries else incident.opened_at),
        called=users.shown_names(tx),
    )


def _people(tx: Tx, site_id: str | None, named: Iterable[str]) -> dict[str, Party]:
    """Who is called at a site, and whoever else was called, or sent."""
    found: dict[str, Party] = {}
    for one in contacts.called(tx, site_id) if site_id else ():
        found.setdefault(one.id, Party(one.name, one.role))
    others = sorted(set(named) - set(found))
    for contact_id, name in contacts.names_of(tx, others).items():
        found[contact_id] = Party(name, _role(tx, contact_id))
    return found


def _role(tx: Tx, contact_id: str) -> Role | None:
    """The part that a firm, or somebody of one, plays."""
    member = firms.member(tx, contact_id)
    firm = guards.firm(tx, member.firm_id if member else contact_id)
    return firm.part if firm else None
