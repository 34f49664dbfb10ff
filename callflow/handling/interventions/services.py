"""Emergency services, within the law: what was verified, who may be called, what was said (D23)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from callflow import ids
from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.call import Call
from callflow.core.interventions.directory import ServiceLine, ServiceReport, competent, masked
from callflow.core.interventions.law import (
    SHORT_NUMBERS,
    Answer,
    Finding,
    Gate,
    Means,
    Reason,
    Service,
    Verification,
    police_gate,
    weigh,
)
from callflow.core.plans.call_plan import StepKind
from callflow.core.plans.task import TaskOutcome
from callflow.core.records.logbook import MACHINE
from callflow.core.sites.declared import DeclaredSite
from callflow.core.sites.instructions import at_site
from callflow.handling.alarms.ends.muting import is_mute_here
from callflow.handling.alarms.operating import acted, known, open_and_held
from callflow.handling.alarms.tasks import end_task
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.interventions import service_calls
from callflow.storage import Tx
from callflow.storage.alarms import tasks
from callflow.storage.calls import calls
from callflow.storage.interventions import services
from callflow.storage.messages import outbox
from callflow.storage.sites import sites
from callflow.texts.law import GATE_REASONS

#: A report may be written down so much later than what it tells of.
_REPORTED_WITHIN = timedelta(days=7)
_STATION_ZONE = "Europe/Paris"


class NotAllowed(Refused):
    """The law's gate is shut: ``gate`` says why, and what would open it."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(GATE_REASONS[gate.reason][1])
        self.gate = gate


class ShortNumber(Refused):
    """A short number reaches the station's own department: the site's line is offered instead."""

    def __init__(self, number: str, offered: list[ServiceLine]) -> None:
        names = ", ".join(f"{each.name} ({each.service})" for each in offered) or "none is known"
        super().__init__(
            f"{number} reaches the emergency services of the station's own department;"
            f" call the line that is competent for the site: {names}"
        )
        self.number, self.offered = number, offered


class _About(TypedDict, total=False):
    """What a verification rests on: the incident's items, who was spoken to, when (UTC)."""

    image: str
    call: str
    person: str
    found_at: datetime | None


# --- the gate -----------------------------------------------------------------------------


def record_verification(
    tx: Tx,
    incident_id: str,
    who: str,
    means: Means,
    result: Finding,
    note: str,
    now: datetime,
    **about: Unpack[_About],
) -> Incident:
    """A *levée de doute* by ``who``, weighed by what the calls bear out. Raises NotFound, Refused.

    It is kept as it was found, whatever it is worth: it is the proof of the checks. ``image`` and
    ``call`` are the incident's very items that were looked at and heard: without one, nobody
    looked, or listened. ``person`` is who was spoken to, or looked; ``found_at`` when (UTC; now
    where it is left out).
    """
    row = known(tx, incident_id)
    if row.state is State.FILED:
        raise Refused("this incident is filed: nothing can be verified any more")
    return acted(tx, _verified(tx, row, who, means, result, note, now, **about), who, now)


def found(
    tx: Tx,
    row: Incident,
    who: str,
    means: Means,
    now: datetime,
    *,
    person: str,
    note: str = "",
    call: str = "",
) -> None:
    """What a guard, or an identified person on the premises, reports is a verification by itself:
    nobody types it twice (D32). ``who`` wrote the report down; the machine, where it was keyed."""
    if row.state is not State.FILED:
        _verified(tx, row, who, means, Finding.CONFIRMED, note, now, call=call, person=person)


def witness(tx: Tx, row: Incident, call: Call, now: datetime) -> None:
    """Whoever answered at the premises gave their code, then asked for help."""
    site = sites.load_site(tx, row.site_id) if row.site_id else None
    known = bool((call.progress or {}).get("known"))
    if site is None or not known or not at_site(call.contact_id or "", site):
        return
    name = next(one.name for one in site.contacts if one.id == call.contact_id)
    found(tx, row, MACHINE, Means.CALL_WITH_CODE, now, person=name, call=call.id)


def _verified(
    tx: Tx,
    row: Incident,
    who: str,
    means: Means,
    result: Finding,
    note: str,
    now: datetime,
    *,
    image: str = "",
    call: str = "",
    person: str = "",
    found_at: datetime | None = None,
) -> Incident:
    incident_id = row.id
    if found_at is not None and not row.opened_at <= found_at <= now:
        raise Refused("what was seen or heard lies between the opening of the incident and now")
    its_calls = {c.id: c for c in calls.of_incident(tx, incident_id)}
    item = _looked_at(tx, row, means, image) | _heard(means, its_calls, call)
    weight = weigh(means, result, list(its_calls.values()))
    made = Verification(
        means=means,
        result=result,
        weight=weight,
        by=who,
        at=now,
        id=ids.new(now),
        incident_id=incident_id,
        note=note,
        image_id=image or None,
        call_id=call or None,
        person=person,
        found_at=found_at,
    )
    services.insert_verification(tx, made)
    told = {"means": means.value, "finding": result.value, "weight": weight.value, "note": note}
    tell(tx, "verification", now, row, who_did=who, person=person, **told, **item)
    return row


#: Means that rest on something which was looked at, or listened to.
_BY_EYE, _BY_EAR = frozenset({Means.IMAGES, Means.VIDEO}), frozenset({Means.AUDIO})


def _looked_at(tx: Tx, row: Incident, means: Means, image: str) -> dict[str, str]:
    """What the logbook says of the image, its hash included. Raises Refused."""
    if not image:
        if means in _BY_EYE:
            raise Refused("choose the image or the clip that was looked at")
        return {}
    found = outbox.image(tx, image)
    if found is None or found.incident_id != row.id or found.problem:
        raise Refused("this incident has no such image")
    return {"item": found.name, "image": image, "sha256": found.sha256 or ""}


def _heard(means: Means, its_calls: Mapping[str, Call], call: str) -> dict[str, str]:
    if not call:
        if means in _BY_EAR:
            raise Refused("choose the call in which it was heard")
        return {}
    found = its_calls.get(call)
    if found is None or found.answered_at is None:
        raise Refused("nobody answered a call of this incident by this id")
    return {"call": call}


@dataclass(frozen=True, slots=True)
class Gated:
    """A service, whether it may be called, and on which line; None: none is competent."""

    service: Service
    gate: Gate
    line: ServiceLine | None


#: Of a service that the law says nothing of.
_NOT_GATED = Gate(allowed=True, reason=Reason.NOT_GATED)


def gates(
    tx: Tx,
    incident: Incident,
    made: Sequence[Call],
    recorded: Sequence[Verification],
    now: datetime,
) -> list[Gated]:
    """Every service of an incident whose calls and verifications are known, as things stand."""
    site, lines = _site(tx, incident), services.lines(tx)
    police = _police_gate(tx, incident, site, made, recorded)
    return [
        Gated(
            service,
            police if service is Service.POLICE else _NOT_GATED,
            _competent(lines, service, incident, site, now),
        )
        for service in Service
    ]


def service_gate(tx: Tx, row: Incident, service: Service) -> Gate:
    """The gate before ``service`` for an incident as things stand."""
    if service is not Service.POLICE:
        return _NOT_GATED
    made, recorded = calls.of_incident(tx, row.id), services.verifications(tx, row.id)
    return _police_gate(tx, row, _site(tx, row), made, recorded)


def _site(tx: Tx, row: Incident) -> DeclaredSite | None:
    return sites.get(tx, row.site_id) if row.site_id else None


def _police_gate(
    tx: Tx,
    row: Incident,
    site: DeclaredSite | None,
    made: Sequence[Call],
    recorded: Sequence[Verification],
) -> Gate:
    return police_gate(
        personal=is_mute_here(tx, row),
        verifications=recorded,
        calls=made,
        agreement=site.police_agreement if site else "",
    )


def competent_line(tx: Tx, row: Incident, service: Service, now: datetime) -> ServiceLine | None:
    """The line of ``service`` that is competent for the incident's site now."""
    return _competent(services.lines(tx), service, row, _site(tx, row), now)


def _competent(
    lines: Sequence[ServiceLine],
    service: Service,
    row: Incident,
    site: DeclaredSite | None,
    now: datetime,
) -> ServiceLine | None:
    return competent(
        lines,
        service,
        site=row.site_id,
        postcode=site.postcode if site else "",
        at=now,
        zone=ZoneInfo(site.timezone if site else _STATION_ZONE),
    )


# --- the call -----------------------------------------------------------------------------


def service_call(
    tx: Tx,
    incident_id: str,
    who: str,
    service: str,
    now: datetime,
    *,
    override_reason: str = "",
) -> str | Refused:
    """Put ``who``, the incident's holder, through to a service; the request's id.

    ``service`` is one of law.Service, or a short number as a person would dial it: then the
    competent lines are offered first. A refusal that is told is *returned*, for its logbook entry
    must be committed: the caller raises it then. ``override_reason`` is why ``who`` calls although
    the gate is shut. Raises Held, NotFound, Refused.
    """
    row = open_and_held(tx, incident_id, who)
    if row.exercise:
        raise Refused("this is an exercise: no service is called")
    if service in SHORT_NUMBERS:
        return _offer_instead(tx, row, service, who, now)
    if service not in frozenset(Service):
        raise NotFound(f"there is no service {service!r}: {', '.join(Service)}")
    wanted = Service(service)
    line = competent_line(tx, row, wanted, now)
    if line is None:
        raise Refused("the directory has no line of this service for this site at this hour")
    gate, reason = service_gate(tx, row, wanted), override_reason.strip()
    if not gate.allowed and not reason:
        told = {"service": wanted.value, "gate": gate.reason.value}
        tell(tx, "service_refused", now, row, who_did=who, **told)
        return NotAllowed(gate)
    if not gate.allowed:
        told = {"service": wanted.value, "gate": gate.reason.value, "by": who, "note": reason}
        tell(tx, "service_override", now, row, who_did=who, **told)
        gate = Gate(allowed=True, reason=Reason.OVERRIDE)
    asked = service_calls.ask(tx, row, line, who, gate, reason, now)
    acted(tx, row, who, now)
    return asked


def _offer_instead(tx: Tx, row: Incident, number: str, who: str, now: datetime) -> ShortNumber:
    found = (competent_line(tx, row, service, now) for service in SHORT_NUMBERS[number])
    refused = ShortNumber(number, [line for line in found if line is not None])
    offered = ", ".join(f"{line.name} {masked(line.number)}" for line in refused.offered)
    tell(tx, "short_number", now, row, who_did=who, to=number, offered=offered)
    return refused


def report_service(
    tx: Tx,
    incident_id: str,
    who: str,
    service: Service,
    answer: Answer,
    now: datetime,
    *,
    person: str,
    reference: str = "",
    note: str = "",
    said_at: datetime | None = None,
    counter_order: bool = False,
    script: str = "",
) -> Incident:
    """What was said to ``service``, by ``who``; ends the plan's step that asked for it.

    ``person`` is who answered there, ``reference`` theirs, ``said_at`` when (UTC; now where it is
    left out), ``script`` the words that were given to say: access, evidence, the guard's vehicle.
    A counter-order tells them not to come any more, and ends no step. Raises NotFound, Refused.
    """
    row = known(tx, incident_id)
    at = said_at or now
    if not row.opened_at <= at <= now and said_at is not None:
        raise Refused("what was said lies between the opening of the incident and now")
    if now - at > _REPORTED_WITHIN:
        raise Refused("what was said more than seven days ago is written as a note")
    if not person.strip():
        raise Refused("name the person of the service who answered")
    comes = answer is Answer.ACCEPTED and not counter_order
    if service is Service.POLICE and comes and not reference.strip():
        raise Refused("the police's reference closes the step: ask for it and write it down")
    line, call_id = _line_called(tx, row, service, now)
    services.insert_report(
        tx,
        ServiceReport(
            id=ids.new(now),
            incident_id=incident_id,
            service=service,
            line_name=line,
            person=person,
            reference=reference,
            answer=answer,
            counter_order=counter_order,
            note=note,
            by=who,
            said_at=at,
            at=now,
            call_id=call_id,
            script=script,
        ),
    )
    kind = "counter_order" if counter_order else "service_report"
    told = {"service": service.value, "line": line, "person": person, "reference": reference}
    told |= {"script": script, "call": call_id or ""}
    tell(tx, kind, now, row, who_did=who, answer=answer.value, note=note, **told)
    row = acted(tx, row, who, now)
    if not counter_order:
        _end_step(tx, row, service, answer, who, now)
    return row


def _line_called(tx: Tx, row: Incident, service: Service, now: datetime) -> tuple[str, str | None]:
    """The name of the line that was last called, else of the competent one; and the call to it."""
    called = [c for c in services.calls_of(tx, row.id) if c.service is service]
    if called:
        return called[-1].line_name, called[-1].call_id
    line = competent_line(tx, row, service, now)
    return line.name if line else "", None


def _end_step(
    tx: Tx, row: Incident, service: Service, answer: Answer, who: str, now: datetime
) -> None:
    """The open task of the plan's step for this service has its outcome."""
    asked_by = {
        step["id"]
        for step in row.plan.get("steps", ())
        if step["kind"] == StepKind.EMERGENCY_SERVICE and step.get("service") == service.value
    }
    comes = answer is Answer.ACCEPTED
    outcome = TaskOutcome.SERVICE_COMES if comes else TaskOutcome.SERVICE_DECLINES
    for task in tasks.of_incident(tx, row.id):
        if task.open and task.step in asked_by:
            end_task(tx, task.id, outcome, now, who=who)
