"""A guard's intervention (D22): accepted, on site, report, left; and orders to a guard."""

from datetime import datetime, timedelta

from callflow.core.alarms.escalation import GuardEvent, progressed
from callflow.core.alarms.incident import Incident, State
from callflow.core.calls.on_call import as_called
from callflow.core.interventions.law import Means
from callflow.core.plans.call_plan import Measure, StepKind
from callflow.core.plans.measure import Terms
from callflow.core.plans.task import Task, TaskOutcome
from callflow.core.records.logbook import MACHINE
from callflow.core.sites.site import Authority
from callflow.core.time.instants import to_iso
from callflow.handling.alarms.acting import settle
from callflow.handling.alarms.completing import open_task_of, step_of, task_of
from callflow.handling.alarms.operating import acted, known
from callflow.handling.alarms.tasks import end_task
from callflow.handling.base.refusals import NotFound, Refused
from callflow.handling.base.telling import tell
from callflow.handling.interventions import services
from callflow.handling.interventions.measures import open_measure
from callflow.storage import Tx
from callflow.storage.alarms import incidents, tasks
from callflow.storage.interventions import firms, guards
from callflow.storage.sites import contacts, sites

_TOLD = {GuardEvent.ACCEPTED: "guard_accepted", GuardEvent.ON_SITE: "guard_on_site"}


def guard_event(
    tx: Tx, incident_id: str, task_id: str, event: GuardEvent, who: str, now: datetime
) -> Incident:
    """A guard firm accepted, or its guard is on site. Raises Held, NotFound, Refused."""
    incident, task = _guards_task(tx, incident_id, task_id, who)
    if event is GuardEvent.ON_SITE and "accepted_at" not in task.data:
        progress(tx, incident, task, GuardEvent.ACCEPTED, who, now)
        task = tasks.get(tx, task_id) or task
    progress(tx, incident, task, event, who, now)
    return acted(tx, known(tx, incident_id), who, now)


def accepted_by_phone(tx: Tx, incident: Incident, firm: str, now: datetime) -> None:
    """The firm that was called said yes: its guard is expected from now on."""
    for task in tasks.of_incident(tx, incident.id):
        if _is_asked(task, firm) and "accepted_at" not in task.data:
            progress(tx, incident, task, GuardEvent.ACCEPTED, MACHINE, now)


def duress_by_phone(tx: Tx, incident: Incident, called: str, now: datetime) -> None:
    """The firm, or its guard, typed a code under duress: nobody waits for that guard."""
    guard = firms.member(tx, called) if called else None
    firm = guard.firm_id if guard else called
    for task in tasks.of_incident(tx, incident.id):
        if _is_asked(task, firm):
            end_task(tx, task.id, TaskOutcome.DURESS, now)


def _is_asked(task: Task, firm: str) -> bool:
    mine = task.kind == StepKind.SEND_GUARD.value and task.subject == firm
    return mine and task.open


def progress(
    tx: Tx,
    incident: Incident,
    task: Task,
    event: GuardEvent,
    who: str,
    now: datetime,
    *,
    guard: str = "",
) -> None:
    """Write down how far a guard is, and by when his next word is due. ``guard``: who he is."""
    data, due = progressed(task.data, event, step_of(incident, task), now)
    data |= {"guard": guard} if guard else {}
    tasks.change(tx, task.id, data=data, due_at=due)
    if incident.machine_due is not None:  # the plan looks again when the next word is due
        incidents.change(tx, incident, machine_due=due)
    named = {"who": _name(tx, task), "until": due.isoformat(timespec="seconds")}
    tell(tx, _TOLD[event], now, incident, who_did=who, **named)


def guard_report(
    tx: Tx,
    incident_id: str,
    task_id: str,
    who: str,
    now: datetime,
    *,
    inside: bool,
    outside: bool,
    traces: bool | None,
    rearmed: bool | None,
    text: str = "",
) -> Incident:
    """What the guard found; the incident's row. Raises Held, NotFound, Refused.

    *All clear* needs inside or outside, traces, re-armed or not (D22).
    """
    incident, task = _guards_task(tx, incident_id, task_id, who)
    if not (inside or outside):
        raise Refused("a report says where was looked: inside, outside, or both")
    if traces is None:
        raise Refused("a report says whether there are traces of somebody")
    if not traces and rearmed is None:
        raise Refused("all clear needs to say whether the site is armed again")
    where = {(True, True): "everywhere", (True, False): "inside"}.get((inside, outside), "outside")
    reported(tx, incident, task, who, now, where=where, traces=traces, rearmed=rearmed, text=text)
    return acted(tx, known(tx, incident_id), who, now)


def reported(
    tx: Tx,
    incident: Incident,
    task: Task,
    who: str,
    now: datetime,
    *,
    where: str,
    traces: bool,
    rearmed: bool | None,
    text: str = "",
) -> None:
    """The report of a guard ends his task. ``where``: inside, outside or everywhere."""
    found = TaskOutcome.TRACES if traces else TaskOutcome.ALL_CLEAR
    armed = {True: "rearmed", False: "not_rearmed", None: ""}[rearmed]
    told = {"who": _name(tx, task), "where": where, "armed": armed, "note": text}
    tell(tx, "guard_report", now, incident, who_did=who, outcome=found.value, **told)
    if traces:
        services.found(tx, incident, who, Means.GUARD, now, person=_name(tx, task), note=text)
    end_task(tx, task.id, found, now, who=who, text=text)
    _settle(tx, incident, now)


def _settle(tx: Tx, incident: Incident, now: datetime) -> None:
    """A treated alarm may have waited for nothing but its guard."""
    incident = known(tx, incident.id)
    if incident.state is State.AWAITING_NORMAL:
        settle(tx, incident, now)


def guard_left(tx: Tx, incident_id: str, task_id: str, who: str, now: datetime) -> Incident:
    """The guard has left the site, mostly after the report. Raises Held, NotFound, Refused."""
    incident, task = task_of(tx, incident_id, task_id, who)
    _for_a_guard(task)
    if "left_at" in task.data:
        raise Refused("the guard has left already: look again")
    left(tx, incident, task, who, now)
    return acted(tx, known(tx, incident_id), who, now)


def left(tx: Tx, incident: Incident, task: Task, who: str, now: datetime) -> None:
    """The guard is gone."""
    tasks.note(tx, task.id, {**task.data, "left_at": to_iso(now)})
    tell(tx, "guard_left", now, incident, who=_name(tx, task), who_did=who)
    _settle(tx, incident, now)


def recall_guard(
    tx: Tx, incident_id: str, task_id: str, contact: str, who: str, now: datetime
) -> Incident:
    """Nobody is sent after all: a named authority says so. Raises Held, NotFound, Refused."""
    incident, task = _guards_task(tx, incident_id, task_id, who)
    named = _authority(tx, incident, contact, now)
    tell(tx, "guard_recalled", now, incident, who=_name(tx, task), by=named, who_did=who)
    end_task(tx, task_id, TaskOutcome.FAILED, now, who=who, text=named)
    _settle(tx, incident, now)
    return acted(tx, known(tx, incident_id), who, now)


def guard_stays(
    tx: Tx, incident_id: str, task_id: str, contact: str, lasts: timedelta, who: str, now: datetime
) -> Incident:
    """The guard keeps the site for a while: a protective measure that a named authority orders.

    Its cost is in the logbook with it. Raises Held, NotFound, Refused.
    """
    incident, task = _guards_task(tx, incident_id, task_id, who)
    named = _authority(tx, incident, contact, now)
    firm = guards.firm(tx, task.subject)
    note = f"{_name(tx, task)}, {named}"
    if firm is not None and firm.tariff:
        note += f", {firm.tariff}"
    terms = Terms(firm_id=task.subject)
    open_measure(tx, incident, Measure.GUARD_ON_SITE, note, lasts, now, who=who, terms=terms)
    return acted(tx, known(tx, incident_id), who, now)


def _guards_task(tx: Tx, incident_id: str, task_id: str, who: str) -> tuple[Incident, Task]:
    incident, task = open_task_of(tx, incident_id, task_id, who)
    _for_a_guard(task)
    return incident, task


def _for_a_guard(task: Task) -> None:
    if task.kind != StepKind.SEND_GUARD.value:
        raise Refused("no guard was asked for by this step")


def _authority(tx: Tx, incident: Incident, contact_id: str, now: datetime) -> str:
    """The name of who may say so: an authority to send a guard, for this kind of alarm."""
    site = sites.load_site(tx, incident.site_id) if incident.site_id else None
    contact = as_called(site, contact_id, now) if site is not None else None
    if contact is None:
        raise NotFound("there is no such contact at this site", contact_id)
    if not contact.may(Authority.SEND_GUARD, incident.kind):
        raise Refused("no authority to decide on guards", contact.name)
    return contact.name


def _name(tx: Tx, task: Task) -> str:
    found = contacts.get(tx, task.subject)
    return found.name if found else str(task.subject)
